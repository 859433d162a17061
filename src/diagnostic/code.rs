//! The stable codes: one list, so that a code is never reused and each has a severity.

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The service accepts it, but it is probably a mistake.
    Warning,
    /// The service refuses it, or it cannot be run.
    Error,
}

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $text:literal, $severity:ident; )+) => {
        /// The kind of a problem. The text of a code is part of the interface: scripts match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( $(#[doc = $doc])+ $variant, )+ }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The code as it is shown: `unknown-key`.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// The severity of every problem with this code.
            pub const fn severity(self) -> Severity {
                match self { $( Self::$variant => Severity::$severity, )+ }
            }

            /// One line on what the code means (the first line of its documentation).
            pub const fn summary(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc, "\n"),+), )+ }
            }
        }
    };
}

codes! {
    // -- the text as such (document) ---------------------------------------------------------------------
    /// The text is not well-formed YAML or JSON.
    Syntax = "syntax", Error;
    /// A map has the same key twice.
    DuplicateKey = "duplicate-key", Error;
    /// The document is larger than a document may be.
    DocumentTooLarge = "document-too-large", Error;
    /// Lists and maps are nested deeper than a document may nest them.
    NestedTooDeep = "nested-too-deep", Error;
    /// Aliases are too many, repeat too much, or are inside the value that they repeat.
    Alias = "alias", Error;
    /// The bytes are not UTF-8.
    InvalidUtf8 = "invalid-utf8", Error;
    /// A character that is not allowed in a document, such as NUL or escape.
    ControlCharacter = "control-character", Error;
    /// The text has more than one document.
    SeveralDocuments = "several-documents", Error;
    /// A key is a number, a list or anything else but a string.
    KeyNotText = "key-not-text", Error;
    /// A YAML tag that gives a value a type of its own, such as `!Ref`.
    CustomTag = "custom-tag", Error;
    /// A line of YAML is indented with tabs.
    TabIndentation = "tab-indentation", Error;
    /// The document has nothing in it.
    EmptyDocument = "empty-document", Error;
    /// The document is a list or a single value instead of a map.
    RootNotMap = "root-not-map", Error;
    /// A number that would lose digits, or has no JSON form.
    NumberRange = "number-range", Error;
    /// YAML that readers of version 1.1 and of version 1.2 understand differently.
    AmbiguousYaml = "ambiguous-yaml", Error;

    // -- the shape of a runbook (runbook): refused by the service, or impossible to run -----------------------
    /// `schemaVersion` is missing or is not 0.3.
    SchemaVersion = "schema-version", Error;
    /// There is no `mainSteps`, or it is empty.
    MissingMainSteps = "missing-main-steps", Error;
    /// A known key holds a value of the wrong type.
    WrongType = "wrong-type", Error;
    /// A known key holds a value that it cannot hold.
    InvalidValue = "invalid-value", Error;
    /// A key that is required here is missing.
    MissingKey = "missing-key", Error;
    /// A step has no `name`.
    MissingStepName = "missing-step-name", Error;
    /// A step has no `action`.
    MissingAction = "missing-action", Error;
    /// A step's name has characters other than letters, digits and underscores.
    InvalidStepName = "invalid-step-name", Error;
    /// Two steps have the same name.
    DuplicateStepName = "duplicate-step-name", Error;
    /// An action that the service does not have.
    UnknownAction = "unknown-action", Error;
    /// A parameter's name has characters other than letters and digits.
    InvalidParameterName = "invalid-parameter-name", Error;
    /// A parameter or a variable has no `type`.
    MissingType = "missing-type", Error;
    /// A type that the service does not have.
    UnknownType = "unknown-type", Error;
    /// A default that is not of the declared type.
    WrongDefault = "wrong-default", Error;
    /// A step lacks an input that its action requires.
    MissingInput = "missing-input", Error;
    /// An input holds a constant with which the action cannot run.
    InvalidInput = "invalid-input", Error;
    /// A condition of a branch or a loop that cannot be evaluated.
    InvalidCondition = "invalid-condition", Error;
    /// A loop is inside a loop.
    NestedLoop = "nested-loop", Error;
    /// A selector that cannot be read.
    InvalidSelector = "invalid-selector", Error;
    /// A reference names a parameter that is not declared.
    UndeclaredParameter = "undeclared-parameter", Error;
    /// A reference names a variable that is not declared.
    UndeclaredVariable = "undeclared-variable", Error;
    /// A reference names a step that does not exist.
    UndeclaredStep = "undeclared-step", Error;
    /// A reference names an output that its step neither declares nor has from its action.
    UndeclaredOutput = "undeclared-output", Error;
    /// A `global:` or `automation:` reference that the service does not have.
    UnknownSystemVariable = "unknown-system-variable", Error;
    /// A reference is of a kind that is not allowed there.
    MisplacedReference = "misplaced-reference", Error;
    /// A Parameter Store reference is outside a parameter's default.
    MisplacedSsmReference = "misplaced-ssm-reference", Error;
    /// A jump goes to a step that does not exist.
    UnknownStep = "unknown-step", Error;
    /// A step has both `isEnd: true` and `nextStep`.
    EndWithNextStep = "end-with-next-step", Error;
    /// An entry of the document's `outputs` is not of the form `step.Output`.
    InvalidOutput = "invalid-output", Error;
    /// An entry of the document's `outputs` names a step that does not exist.
    UnknownOutputStep = "unknown-output-step", Error;
    /// Steps lead back to themselves.
    Cycle = "cycle", Error;
    /// Defaults of parameters refer to each other in a cycle.
    DefaultCycle = "default-cycle", Error;

    // -- the file of settings (cli) ---------------------------------------------------------------------------
    /// A key that is not a setting.
    UnknownSetting = "unknown-setting", Error;

    // -- case files (testing) -----------------------------------------------------------------------------------
    /// A key that a case file does not have.
    UnknownCaseKey = "unknown-case-key", Error;
    /// A case names a step that its runbook does not have.
    UnknownCaseStep = "unknown-case-step", Error;
    /// A case expects an output that its runbook does not have.
    UnknownCaseOutput = "unknown-case-output", Error;
    /// A case gives a parameter that cannot be used, or lacks one.
    CaseParameter = "case-parameter", Error;
    /// Two cases of a file have the same name.
    DuplicateCase = "duplicate-case", Error;
    /// A reply that can never be used.
    UnusableReply = "unusable-reply", Error;

    // -- probable mistakes (runbook) --------------------------------------------------------------------------
    /// A key that the schema does not know.
    UnknownKey = "unknown-key", Warning;
    /// An input that the action does not know.
    UnknownInput = "unknown-input", Warning;
    /// Keys of a change template, which have no effect when a runbook is run.
    ChangeTemplate = "change-template", Warning;
    /// The document is larger than the service takes.
    DocumentSize = "document-size", Warning;
    /// No path leads to a step.
    UnreachableStep = "unreachable-step", Warning;
    /// A reference to an output of a step that cannot have run yet.
    ReferenceBeforeRun = "reference-before-run", Warning;
    /// A value that is not set on some way to the step that needs it, or on none.
    UnsetValue = "unset-value", Warning;
    /// A value that is never of the type that is needed.
    TypeMismatch = "type-mismatch", Warning;
    /// An entry of the document's `outputs` that can never have a value.
    OutputNeverSet = "output-never-set", Warning;
    /// A step declares the same output twice.
    DuplicateOutput = "duplicate-output", Warning;
    /// A timeout above what the action allows.
    TimeoutAboveCeiling = "timeout-above-ceiling", Warning;
    /// `maxAttempts: 0`, which still makes one attempt.
    ZeroAttempts = "zero-attempts", Warning;
    /// A setting that has no effect here.
    NoEffect = "no-effect", Warning;
    /// `onCancel` leads to a step whose action may not run while cancelling.
    CancelTarget = "cancel-target", Warning;
    /// A comparison whose result is the same in every run.
    ConstantCondition = "constant-condition", Warning;
    /// A word that YAML readers take for different values.
    AmbiguousWord = "ambiguous-word", Warning;
    /// A default that would be refused if it were supplied.
    DefaultViolatesConstraint = "default-violates-constraint", Warning;
    /// An `allowedPattern` that cannot be read.
    InvalidPattern = "invalid-pattern", Warning;
    /// A parameter that nothing refers to.
    UnusedParameter = "unused-parameter", Warning;
    /// A default that only a maintenance window can fill in.
    PseudoParameter = "pseudo-parameter", Warning;
    /// A constant payload that is not JSON.
    PayloadNotJson = "payload-not-json", Warning;
    /// A reference in a key of a map, where it stays text.
    ReferenceInKey = "reference-in-key", Warning;
    /// More or larger files than the service takes.
    AttachmentLimit = "attachment-limit", Warning;
    /// A checksum with which a file cannot be compared, such as a sample of the documentation.
    UnusableChecksum = "unusable-checksum", Warning;
    /// A script comes from a file that the runbook does not declare.
    UndeclaredAttachment = "undeclared-attachment", Warning;

    // -- not supported here yet (runbook) ---------------------------------------------------------------------
    /// An action that is known and cannot be run.
    UnsupportedAction = "unsupported-action", Error;

    // -- AWS APIs (aws) ------------------------------------------------------------------------------------------
    /// A service or an operation that the AWS API does not have, or that no runbook can call.
    UnknownApi = "unknown-api", Warning;
    /// A parameter that does not fit the operation of an AWS API.
    InvalidApiParameter = "invalid-api-parameter", Warning;

    // -- scripts (scripts) -----------------------------------------------------------------------------------
    /// A script whose interpreter is not installed here.
    MissingInterpreter = "missing-interpreter", Warning;
    /// A script that is not valid Python.
    ScriptSyntax = "script-syntax", Warning;
    /// A script that does not define its handler.
    MissingHandler = "missing-handler", Warning;
    /// A handler that cannot be called with two arguments.
    HandlerArguments = "handler-arguments", Warning;

    // -- runbooks of child executions (children) -------------------------------------------------------------
    /// A runbook that a step runs has no file here.
    ChildNotFound = "child-not-found", Warning;
    /// A runbook that a step runs is not valid.
    ChildInvalid = "child-invalid", Warning;
    /// Runbooks run each other in a cycle.
    ChildCycle = "child-cycle", Error;
    /// A parameter that the runbook which a step runs does not take, does not get, or cannot read.
    ChildParameter = "child-parameter", Error;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
