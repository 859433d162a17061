use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;

use super::{TemplateOptions, TemplateProblem, read};
use crate::local_lambda::function::{Function, FunctionCode, FunctionIdentifier, Functions, Runtime, Version};

fn load(text: &str) -> Functions {
    read(Path::new("/stack/template.yaml"), text, &TemplateOptions::default()).unwrap()
}

/// Errors if there are any, else warnings, one a line.
fn problems(text: &str) -> String {
    match read(Path::new("/stack/template.yaml"), text, &TemplateOptions::default()) {
        Ok(functions) => lines("warning", functions.warnings()),
        Err(errors) => lines("error", &errors.0),
    }
}

fn lines(kind: &str, problems: &[TemplateProblem]) -> String {
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("{kind} {problem}")).collect();
    lines.push(String::new());
    lines.join("\n")
}

fn environment(variables: &str) -> IndexMap<String, String> {
    let text = format!(
        "
Parameters:
  Stage: {{Type: String, Default: test}}
  Zones: {{Type: CommaDelimitedList, Default: 'a, b'}}
Mappings: {{Sizes: {{test: {{count: 3}}}}}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsProduction: !Not [Condition: IsTest]
Resources:
  Table: {{Type: AWS::DynamoDB::Table}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: !Sub 'other-${{Stage}}', Runtime: python3.12, Handler: a.b, AutoPublishAlias: live}}
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      Environment:
        Variables:
{variables}
"
    );
    load(&text).named("Greet").unwrap().environment.clone()
}

fn texts(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn function_merges_template_and_globals() {
    let functions = load(
        "
Globals:
  Function:
    Timeout: '30'
    Runtime: provided.al2023
    Environment: {Variables: {A: global, B: global}}
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greet
      Description: Says hello
      CodeUri: functions/greet
      Handler: bootstrap
      MemorySize: 256
      ReservedConcurrentExecutions: 2
      AutoPublishAlias: live
      EventInvokeConfig: {MaximumRetryAttempts: 1}
      Environment: {Variables: {B: 012345678901, C: 1, D: true}}
",
    );
    let expected = Function {
        logical_id: "Greet".to_owned(),
        name: "greet".to_owned(),
        description: "Says hello".to_owned(),
        runtime: Runtime::Provided("provided.al2023".to_owned()),
        handler: "bootstrap".to_owned(),
        code: FunctionCode::Directory("/stack/functions/greet".into()),
        timeout: Duration::from_secs(30),
        memory_megabytes: 256,
        environment: texts(&[("A", "global"), ("B", "012345678901"), ("C", "1"), ("D", "true")]),
        layers: Vec::new(),
        reserved_concurrency: Some(2),
        event_retries: 1,
        published_versions: 1,
        aliases: IndexMap::from([("live".to_owned(), Version::Published(1))]),
    };
    assert_eq!(functions.iter().map(|function| Function::clone(function)).collect::<Vec<_>>(), [expected]);
}

#[test]
fn json_and_plain_cloudformation_templates_load() {
    let functions = load(
        "{\n\t\"Resources\": {\n\t\t\"F\": {\"Type\": \"AWS::Lambda::Function\", \"Properties\": {\"Handler\": \"index.handler\", \
         \"Runtime\": \"nodejs22.x\", \"Code\": {\"ZipFile\": \"exports.handler = 1\"}}}}}",
    );
    let function = functions.named("F").unwrap();
    assert_eq!(
        (&function.code, &function.runtime, function.timeout.as_secs(), function.event_retries),
        (&FunctionCode::Inline("exports.handler = 1".to_owned()), &Runtime::Node("22.x".to_owned()), 3, 2)
    );
}

#[test]
fn intrinsic_functions_are_evaluated() {
    let values = environment(
        "          A: !Ref Stage
          B: !Sub '${Stage}-${!Literal}-${AWS::Region}-${Other.Arn}'
          C: !Join ['/', [a, !Ref Stage, !GetAtt Other.Arn]]
          D: !If [IsProduction, large, small]
          E: !FindInMap [Sizes, !Ref Stage, count]
          F: !Select [1, !Ref Zones]
          G: !Select [0, !Split [',', 'x,y']]
          H: !Ref Other
          I: !Ref Other.Alias
          J: !Ref AWS::NoValue
          K: !Sub ['${Own}!', {Own: !Ref AWS::AccountId}]
          L: {'Fn::Base64': hi}
          M: !Sub '${Zones}'
          N: !Ref Table",
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:other-test";
    assert_eq!(
        values,
        texts(&[
            ("A", "test"),
            ("B", &format!("test-${{Literal}}-us-east-1-{arn}")),
            ("C", &format!("a/test/{arn}")),
            ("D", "small"),
            ("E", "3"),
            ("F", "b"),
            ("G", "x"),
            ("H", "other-test"),
            ("I", &format!("{arn}:live")),
            ("K", "123456789012!"),
            ("L", "aGk="),
            ("M", "a,b"),
            ("N", "Table"),
        ])
    );
}

#[test]
fn versions_and_aliases_resolve_to_functions() {
    let functions = load(
        "
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: ., Runtime: python3.12, Handler: a.b}}
  First: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  Second: {Type: AWS::Lambda::Version, Properties: {FunctionName: !GetAtt F.Arn}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, Name: live, FunctionVersion: !GetAtt Second.Version}}
",
    );
    let function = functions.named("F").unwrap();
    let versions: Vec<_> = [None, Some("$LATEST"), Some("1"), Some("2"), Some("3"), Some("live"), Some("gone")]
        .map(|q| function.version(q))
        .into();
    let published = |number| Some(Version::Published(number));
    assert_eq!(
        versions,
        [Some(Version::Latest), Some(Version::Latest), published(1), published(2), None, published(2), None]
    );
}

#[test]
fn all_template_problems_are_reported_with_positions() {
    let text = "
Parameters: {NoDefault: {Type: String}}
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.12, Timeout: 901, MemorySize: !GetAtt Gone.Size}
  B:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Timeout: !Ref NoDefault}
  C:
    Type: AWS::Lambda::Function
    Properties: {Runtime: nodejs20.x, Environment: {Variables: {1A: x, OK: [1]}}}
  D:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: A, Handler: a.b, Runtime: python3.12}
";
    let file = "error /stack/template.yaml: Resources.";
    assert_eq!(
        problems(text),
        format!(
            "{file}A.Properties.Timeout: must be a whole number from 1 to 900, not `901`\n\
             {file}A.Properties.MemorySize: `Gone` is not a resource of this template\n\
             {file}B.Properties.Timeout: the parameter `NoDefault` has no default\n\
             {file}B.Properties.Runtime: is missing; name a runtime such as `python3.12`, `nodejs22.x` or `provided.al2023`\n\
             {file}C.Properties.Handler: is missing; write `file.function`, for example `app.handler`\n\
             {file}C.Properties.Code: is missing; set the path of the directory with the code\n\
             {file}C.Properties.Environment.Variables.1A: is not the name of a variable; use letters, digits and `_`, a letter first\n\
             {file}C.Properties.Environment.Variables.OK: must be a string; write a list or a map as JSON in quotes\n\
             {file}D.Properties.FunctionName: `A` is also the name of `A`; function names must be unique\n"
        )
    );
}

#[test]
fn ineffective_properties_are_warnings() {
    let text = "
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Java: {Type: AWS::Serverless::Function, Properties: {CodeUri: 's3://bucket/key', Handler: A::b, Runtime: java21}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      Layers: ['arn:aws:lambda:us-east-1:1:layer:x:1']
      Environment: {Variables: {Q: !Ref Queue, U: !GetAtt Queue.Arn, I: !ImportValue x, AWS_REGION: y}}
";
    let file = "warning /stack/template.yaml: Resources.";
    assert_eq!(
        problems(text),
        format!(
            "{file}Java.Properties.Runtime: `java21` cannot run on this machine; invoking the function will fail\n\
             {file}F.Properties.Environment.Variables.Q: `Queue` does not exist locally: its logical ID is used as its name\n\
             {file}F.Properties.Environment.Variables.U: `Queue.Arn` does not exist locally; the variable is empty\n\
             {file}F.Properties.Environment.Variables.I: `Fn::ImportValue` needs an AWS account and cannot be resolved locally; the variable is empty\n\
             {file}F.Properties.Environment.Variables.AWS_REGION: is reserved by Lambda; the value in the template is ignored\n\
             {file}F.Properties.Layers: the layer \"arn:aws:lambda:us-east-1:1:layer:x:1\" is not a directory on this machine and is ignored\n"
        )
    );
}

#[test]
fn invalid_templates_are_rejected() {
    let table = [
        ("", "a template must be a map with the key `Resources`"),
        ("- 1", "a template must be a map with the key `Resources`"),
        ("a: 1", "Resources: is missing or not a map; it must list the functions"),
        ("a: [", "not valid YAML: did not find expected node content at line 2 column 1, while parsing a flow node"),
        ("{\"a\": [}", "not valid JSON: expected value at line 1 column 8"),
        ("Resources: !Foo x", "`!Foo` is not a CloudFormation tag"),
        ("Resources: {F: {A: !GetAtt X}}", "`!GetAtt X` has no attribute; write `!GetAtt X.Arn`"),
    ];
    for (text, expected) in table {
        assert_eq!(problems(text), format!("error /stack/template.yaml: {expected}\n"), "{text}");
    }
}

#[test]
fn cyclic_conditions_are_rejected() {
    let text = "
Conditions: {A: {Condition: B}, B: {Condition: A}}
Resources: {F: {Type: AWS::Serverless::Function, Condition: A, Properties: {Handler: a.b, Runtime: python3.12}}}
";
    assert_eq!(
        problems(text),
        "error /stack/template.yaml: Resources.F.Condition: conditions form a cycle, or are nested too deep\n"
    );
}

#[test]
fn function_names_versions_and_arns_resolve() {
    let table = [
        ("greet", Some(("greet", None))),
        ("greet:live", Some(("greet", Some("live")))),
        ("greet:$LATEST", Some(("greet", Some("$LATEST")))),
        ("123456789012:function:greet", Some(("greet", None))),
        ("123456789012:function:greet:2", Some(("greet", Some("2")))),
        ("arn:aws:lambda:us-gov-west-1:123456789012:function:greet", Some(("greet", None))),
        ("arn:aws:lambda:us-east-1:123456789012:function:greet:live", Some(("greet", Some("live")))),
        ("function", Some(("function", None))),
        ("arn:aws:s3:::bucket", None),
        ("arn:aws:sqs:us-east-1:123456789012:queue:x", None),
        ("a:b:c", None),
        ("", None),
        ("a b", None),
        ("greet:", None),
    ];
    for (text, expected) in table {
        let parsed = FunctionIdentifier::parse(text);
        let seen = parsed.as_ref().map(|identifier| (identifier.name.as_str(), identifier.qualifier.as_deref()));
        assert_eq!(seen, expected, "{text}");
    }
}

#[test]
fn invalid_logical_id_is_rejected() {
    let long = "a".repeat(256);
    let text = format!(
        "Resources:
  ../../outside: {{Type: AWS::Serverless::Function, Properties: {{Runtime: python3.12, Handler: a.b, InlineCode: x}}}}
  with-dash: {{Type: AWS::S3::Bucket}}
  '': {{Type: AWS::S3::Bucket}}
  É: {{Type: AWS::S3::Bucket}}
  {long}: {{Type: AWS::S3::Bucket}}
  {}: {{Type: AWS::S3::Bucket}}
",
        &long[1..]
    );
    let refused = "is not a logical ID: CloudFormation accepts 1 to 255 letters and digits (A-Z, a-z, 0-9) only; \
                   rename the resource";
    let expected = ["../../outside", "with-dash", "", "É", long.as_str()]
        .map(|name| format!("error /stack/template.yaml: Resources.{name}: {refused}\n"))
        .concat();
    assert_eq!(problems(&text), expected);
}
