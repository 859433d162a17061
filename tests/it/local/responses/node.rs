//! Node.js handlers, and the response of AWS's own runtime clients to each: that of nodejs22.x and older runtimes, and
//! that of nodejs24.x. Measured with the clients themselves.

const REFUSED: &str = "Unhandled Runtime.CallbackHandlerDeprecated: ERROR: AWS Lambda has removed support for \
     callback-based function handlers starting with Node.js 24. You need to modify this function to use a \
     supported handler signature to use Node.js 24 or later. For more information see \
     https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";
const EXIT_0: &str = "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited without providing a reason";
const RING: &str = "Unhandled Error: Unable to stringify response body";
const EXIT_1: &str = "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited with error: exit status 1";
const UNSETTLED: &str = "Unhandled Runtime.NodeJsExit: The Lambda runtime client detected an unexpected Node.js exit code. \
     This is most commonly caused by a Promise that was never settled. For more information, see \
     https://nodejs.org/docs/latest/api/process.html#exit-codes";

/// The common code of the handlers.
pub(super) const HEAD: &str = "
const later = (act) => setTimeout(act, 5);
const bad = (message) => new Error(message);
const ring = {};
ring.ring = ring;
const stream = (handler) => awslambda.streamifyResponse(handler);
";

/// The handler, the response of runtimes with callbacks, and that of runtimes without.
#[rustfmt::skip]
pub(super) const HANDLERS: &[(&str, &str, &str)] = &[
    ("(event, context, callback) => callback(null, event)", r#"{"n":1}"#, REFUSED),
    ("(event, context, callback) => { later(() => callback(null, { late: true })); }", r#"{"late":true}"#, REFUSED),
    ("(event, context, callback) => { Promise.resolve(1).then((p) => callback(null, { p })); }", r#"{"p":1}"#, REFUSED),
    (r#"(event, context, callback) => { require("fs").readFile(__filename, (error, data) => callback(error, data.length > 0)); }"#, "true", REFUSED),
    ("(event, context, callback) => { callback(); }", "null", REFUSED),
    ("(event, context, callback) => { callback(null, 1); callback(null, 2); }", "1", REFUSED),
    (r#"(event, context, callback) => { callback(null, 1); throw bad("after"); }"#, "1", REFUSED),
    ("(event, context, callback) => { const result = { n: 1 }; later(() => { result.n = 2; }); callback(null, result); }", r#"{"n":2}"#, REFUSED),
    (r#"(event, context, callback) => { later(() => { throw bad("timer"); }); callback(null, 1); }"#, "Unhandled Error: timer", REFUSED),
    (r#"(event, context, callback) => { Promise.reject(bad("rejected")); callback(null, 1); }"#, "Unhandled Runtime.UnhandledPromiseRejection: Error: rejected", REFUSED),
    ("(event, context, callback) => { setInterval(() => {}, 1000); context.callbackWaitsForEmptyEventLoop = false; callback(null, 1); }", "1", REFUSED),
    (r#"(event, context, callback) => { setInterval(() => {}, 1000); callback(bad("at once")); }"#, "Unhandled Error: at once", REFUSED),
    ("(event, context, callback) => { callback(null, 1); process.exit(0); }", EXIT_0, REFUSED),
    ("(event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; callback(null, 1); process.exit(0); }", "1", REFUSED),
    (r#"(event, context, callback) => { callback(bad("told")); process.exit(3); }"#, "Unhandled Error: told", REFUSED),
    (r#"(event, context, callback) => { callback("text"); }"#, "Unhandled string: text", REFUSED),
    ("(event, context, callback) => { callback(0); }", "Unhandled number: 0", REFUSED),
    ("(event, context, callback) => { callback(false, 1); }", "Unhandled boolean: false", REFUSED),
    (r#"(event, context, callback) => { callback("", 1); }"#, "Unhandled string: ", REFUSED),
    ("(event, context, callback) => { callback({ a: 1 }); }", "Unhandled object: [object Object]", REFUSED),
    (r#"(event, context, callback) => { callback({ name: "Like", message: "an error", stack: "a\nb" }); }"#, "Unhandled Like: an error", REFUSED),
    (r#"(event, context, callback) => { callback(["x", "y"]); }"#, "Unhandled object: x,y", REFUSED),
    ("(event, context, callback) => { callback(Object.create(null)); }", "Unhandled TypeError: Cannot convert object to primitive value", REFUSED),
    ("(event, context, callback) => { callback(null, ring); }", RING, REFUSED),
    ("(event, context, callback) => { callback(null, () => 1); }", "Unhandled TypeError: Wrong arguments", REFUSED),
    ("(event, context) => { later(() => context.succeed({ late: true })); }", r#"{"late":true}"#, "null"),
    ("(event, context) => { setInterval(() => {}, 1000); context.succeed({ open: true }); }", r#"{"open":true}"#, "Unhandled TypeError: context.succeed is not a function"),
    ("(event, context) => { setInterval(() => {}, 1000); context.done(null, { open: true }); }", r#"{"open":true}"#, "Unhandled TypeError: context.done is not a function"),
    (r#"(event, context) => { setInterval(() => {}, 1000); context.fail(bad("open")); }"#, "Unhandled Error: open", "Unhandled TypeError: context.fail is not a function"),
    ("(event, context) => { context.succeed({ ok: 1 }); process.exit(0); }", r#"{"ok":1}"#, "Unhandled TypeError: context.succeed is not a function"),
    ("(event, context) => { context.fail(); }", "Unhandled string: handled", "Unhandled TypeError: context.fail is not a function"),
    (r#"(event, context) => { context.succeed(1); context.fail(bad("second")); }"#, "1", "Unhandled TypeError: context.succeed is not a function"),
    ("(event, context) => { context.succeed(ring); }", RING, "Unhandled TypeError: context.succeed is not a function"),
    (r#"(event, { succeed }) => { succeed("detached"); }"#, r#""detached""#, "Unhandled TypeError: succeed is not a function"),
    ("() => 5", "null", "5"),
    ("() => { later(() => {}); }", "null", "null"),
    (r#"() => { throw bad("thrown"); }"#, "Unhandled Error: thrown", "Unhandled Error: thrown"),
    ("() => { throw null; }", "null", "Unhandled object: null"),
    ("() => { throw undefined; }", "null", "Unhandled undefined: undefined"),
    (r#"() => { throw "text"; }"#, "Unhandled string: text", "Unhandled string: text"),
    ("() => { throw { a: 1 }; }", "Unhandled object: [object Object]", "Unhandled object: [object Object]"),
    (r#"() => { throw { toString() { return "mine"; } }; }"#, "Unhandled object: mine", "Unhandled object: mine"),
    (r#"() => { throw Symbol("s"); }"#, "Unhandled TypeError: Cannot convert a Symbol value to a string", "Unhandled symbol: Symbol(s)"),
    ("() => { throw Object.create(null); }", "Unhandled TypeError: Cannot convert object to primitive value", EXIT_1),
    (r#"() => { const error = bad("x"); error.stack = undefined; throw error; }"#, "Unhandled handled: callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack", "Unhandled Error: x"),
    (r#"() => { const error = bad("x"); error.name = 5; throw error; }"#, "Unhandled handled: callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack", "Unhandled handled: callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack"),
    (r#"() => { const error = bad("x"); error.name = "Handled"; throw error; }"#, "Unhandled Handled: x", "Unhandled Handled: x"),
    (r#"() => { const error = bad("ä\n😀"); error.name = "Ä\n"; throw error; }"#, "Unhandled Ä\n: ä\n😀", "Unhandled Ä\n: ä\n😀"),
    (r#"() => { throw bad(""); }"#, "Unhandled Error: ", "Unhandled Error: "),
    (r#"() => { later(() => { throw bad("from a timer"); }); }"#, "Unhandled Error: from a timer", "null"),
    (r#"() => { later(() => { throw "text"; }); }"#, "Unhandled string: text", "null"),
    (r#"() => { Promise.reject("text"); }"#, "Unhandled Runtime.UnhandledPromiseRejection: text", EXIT_1),
    ("() => { Promise.reject(); }", "Unhandled Runtime.UnhandledPromiseRejection: ", EXIT_1),
    ("() => { process.exit(9); }", "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited with error: exit status 9", "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited with error: exit status 9"),
    ("() => Promise.resolve({ p: 1 })", r#"{"p":1}"#, r#"{"p":1}"#),
    ("() => new Promise(() => {})", "null", EXIT_0),
    (r#"() => ({ then(resolve) { resolve("thenable"); } })"#, r#""thenable""#, r#""thenable""#),
    ("async () => {}", "null", "null"),
    (r#"async () => ({ n: NaN, u: undefined, d: new Date(0), m: new Map([[1, 2]]), b: Buffer.from("x") })"#, r#"{"n":null,"d":"1970-01-01T00:00:00.000Z","m":{},"b":{"type":"Buffer","data":[120]}}"#, r#"{"n":null,"d":"1970-01-01T00:00:00.000Z","m":{},"b":{"type":"Buffer","data":[120]}}"#),
    ("async () => { await new Promise(() => {}); }", UNSETTLED, EXIT_0),
    ("async () => { later(() => {}); await new Promise(() => {}); }", UNSETTLED, EXIT_0),
    (r#"async () => { throw bad("thrown"); }"#, "Unhandled Error: thrown", "Unhandled Error: thrown"),
    ("async () => { throw null; }", "Unhandled string: handled", "Unhandled object: null"),
    (r#"async () => { throw ""; }"#, "Unhandled string: ", "Unhandled string: "),
    (r#"async () => { throw Symbol("s"); }"#, "Unhandled TypeError: Cannot convert a Symbol value to a string", "Unhandled symbol: Symbol(s)"),
    ("async () => { throw Object.create(null); }", "Unhandled TypeError: Cannot convert object to primitive value", EXIT_1),
    (r#"async () => { throw { name: "Like", message: "an error", stack: "a\nb" }; }"#, "Unhandled Like: an error", "Unhandled object: [object Object]"),
    (r#"async () => { throw require("vm").runInNewContext("new TypeError('foreign')"); }"#, "Unhandled TypeError: foreign", "Unhandled object: TypeError: foreign"),
    ("async () => ring", RING, "Unhandled Runtime.JSONStringifyError: Unable to stringify response body"),
    ("async () => ({ n: 1n })", RING, "Unhandled Runtime.JSONStringifyError: Unable to stringify response body"),
    ("async () => () => 1", "Unhandled TypeError: Wrong arguments", "Unhandled TypeError: Wrong arguments"),
    ("async () => { setInterval(() => {}, 1000); return 1; }", "1", "1"),
    (r#"async () => { later(() => { throw bad("timer"); }); await new Promise((done) => setTimeout(done, 300)); return 1; }"#, "Unhandled Error: timer", EXIT_1),
    (r#"async () => { Promise.reject(bad("rejected")); await new Promise((done) => setTimeout(done, 300)); return 1; }"#, "Unhandled Runtime.UnhandledPromiseRejection: Error: rejected", EXIT_1),
    ("async (event, context, callback) => { callback(null, { ok: 1 }); }", r#"{"ok":1}"#, REFUSED),
    ("async (event, context, callback) => callback(null, { ok: 1 })", r#"{"ok":1}"#, REFUSED),
    (r#"async (event, context, callback) => { callback(null, "first"); return "second"; }"#, r#""first""#, REFUSED),
    (r#"async (event, context, callback) => { later(() => callback(null, "late")); }"#, "null", REFUSED),
    (r#"async (event, context, callback) => { later(() => callback(null, "late")); await new Promise(() => {}); }"#, r#""late""#, REFUSED),
    (r#"async (event, context, callback) => { callback(bad("given")); }"#, "Unhandled Error: given", REFUSED),
    ("async (event, context) => { context.succeed(1); return 2; }", "1", "Unhandled TypeError: context.succeed is not a function"),
    (r#"async (event, context) => { context.fail(bad("given")); }"#, "Unhandled Error: given", "Unhandled TypeError: context.fail is not a function"),
    (r#"async (event, context) => typeof context.succeed + " " + context.callbackWaitsForEmptyEventLoop"#, r#""function true""#, r#""undefined undefined""#),
    ("async (event, context = {}, callback = null) => 1", "1", "1"),
    ("async (...all) => all.length", "3", "2"),
    (r#"stream(async (event, response) => { response.write("hel"); response.write("lo"); response.end(); })"#, "hello", "hello"),
    ("stream(async (event, response) => { response.write({ a: 1 }); response.end(); })", r#"{"a":1}"#, r#"{"a":1}"#),
    (r#"stream(async (event, response) => { const body = awslambda.HttpResponseStream.from(response, { statusCode: 201 }); body.write("body"); body.end(); })"#, "{\"statusCode\":201}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}body", "{\"statusCode\":201}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}body"),
    (r#"stream(async (event, response) => { await require("stream/promises").pipeline(require("stream").Readable.from(["a", "b"]), response); })"#, "ab", "ab"),
    (r#"stream(async (event, response) => { response.write("1"); await new Promise((done) => later(done)); response.write("2"); response.end(); return 5; })"#, "12", "12"),
    (r#"stream(async (event, response) => { setInterval(() => {}, 1000); response.write("x"); response.end(); })"#, "x", "x"),
    ("stream(async (event, response) => { response.end(); })", "", ""),
    (r#"stream(async () => { throw bad("before"); })"#, "Unhandled Error: before", "Unhandled Error: before"),
    (r#"stream(async (event, response) => { response.write("part"); throw bad("in the middle"); })"#, "Unhandled Error: in the middle", "Unhandled Error: in the middle"),
    (r#"stream(async (event, response) => { response.write("all"); response.end(); throw bad("behind"); })"#, "all", "all"),
    (r#"stream(async (event, response) => { response.write("x"); response.setContentType("text/plain"); })"#, "Unhandled Runtime.InvalidStreamingOperation: Cannot set content-type, too late.", "Unhandled Runtime.InvalidStreamingOperation: Cannot set content-type, too late."),
    ("stream(async (event, response) => { response.write(null); })", "Unhandled TypeError: Cannot read properties of null (reading 'length')", "Unhandled TypeError: Cannot read properties of null (reading 'length')"),
    (r#"stream(async (event, response) => { response.write("x"); response.destroy(bad("broken")); })"#, "Unhandled Runtime.UnhandledPromiseRejection: Error: broken", EXIT_1),
    (r#"stream((event, response) => { response.write("x"); response.end(); })"#, "x", "x"),
    ("stream(async (event, response, context) => { response.end(String(context.awsRequestId.length)); })", "36", "36"),
];
