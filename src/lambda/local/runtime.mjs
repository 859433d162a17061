// Runs a Node.js handler against the Lambda Runtime API. Started by the local functions; no packages.

import { Agent, request as send } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

// The path in it is what tells this process from others.
const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
let requestId;

/** One request; the answer with its headers and its whole body. */
function call(method, path, body = "", kind) {
  return new Promise((done, failed) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    // A header can hold no control characters and nothing outside ASCII.
    if (kind) headers["Lambda-Runtime-Function-Error-Type"] = kind.replace(/[^ -~]/g, "");
    const outgoing = send({ agent, host: api.hostname, port: api.port, method, path: api.pathname + path, headers }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
      answer.on("error", failed);
    });
    outgoing.on("error", failed);
    outgoing.end(body);
  });
}

/** The environment is being ended when the Runtime API goes away. */
function gone() {
  process.exit(0);
}

class Failure extends Error {
  constructor(kind, message, cause) {
    super(message);
    this.name = kind;
    if (cause?.stack) this.stack = `${kind}: ${message}\n${cause.stack.split("\n").slice(1).join("\n")}`;
  }
}

/** An error document as Lambda's own client writes it. */
function describe(error) {
  try {
    if (error instanceof Error || (error && typeof error === "object" && "message" in error && "stack" in error)) {
      return {
        errorType: String(error.name ?? "Error"),
        errorMessage: String(error.message ?? ""),
        trace: String(error.stack ?? "").split("\n"),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: "handled", errorMessage: "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack", trace: [] };
  }
}

const levels = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" };
for (const [name, level] of Object.entries(levels)) {
  console[name] = (...parts) => {
    // A carriage return keeps a message of several lines one record in the service's log.
    const text = format(...parts).replace(/\n/g, "\r");
    process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
  };
}

/** Writes an error into the log; its trace with real line ends, so that a person can read it. */
function show(title, error) {
  const told = describe(error);
  const record = JSON.stringify({ errorType: told.errorType, errorMessage: told.errorMessage, stack: told.trace });
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${title}\t${record}\n`);
}

/** `a.b.c` inside a module. */
function member(module, names) {
  return names.reduce((inner, name) => inner?.[name], module);
}

async function importFile(base) {
  for (const ending of ["", ".js", ".mjs", ".cjs"]) {
    const file = base + ending;
    if (ending === "" ? !/\.[cm]?js$/.test(file) || !existsSync(file) : !existsSync(file)) continue;
    if (file.endsWith(".mjs") || (file.endsWith(".js") && isModule(file))) return import(pathToFileURL(file).href);
    return createRequire(pathToFileURL(file))(file);
  }
  return undefined;
}

/** Whether the nearest package.json says that `.js` files are ES modules. */
function isModule(file) {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest)) {
      try {
        return JSON.parse(readFileSync(manifest, "utf8")).type === "module";
      } catch {
        return false;
      }
    }
    if (directory === dirname(directory)) return false;
  }
}

/** The function that `file.function` or `directory/file.function` names. */
async function load(root, handler) {
  const slash = handler.lastIndexOf("/") + 1;
  const [file, ...names] = handler.slice(slash).split(".");
  if (!file || names.length === 0 || names.includes("") || handler.includes("..")) {
    throw new Failure("Runtime.MalformedHandlerName", `Bad handler '${handler}': write it as file.function`);
  }
  const base = resolve(root, handler.slice(0, slash), file);
  let module;
  try {
    module = await importFile(base);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure("Runtime.UserCodeSyntaxError", String(error), error);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw new Failure("Runtime.ImportModuleError", String(error), error);
    }
    throw error;
  }
  if (module === undefined) {
    throw new Failure("Runtime.ImportModuleError", `Error: Cannot find module '${handler.slice(slash).split(".")[0]}'`);
  }
  const found = member(module, names) ?? member(module.default, names);
  if (found === undefined) throw new Failure("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new Failure("Runtime.HandlerNotFound", `${handler} is not a function`);
  return found;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext ? JSON.parse(Buffer.from(clientContext, "latin1").toString("utf8")) : undefined,
    identity: undefined,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

// What to do when nothing is left to wait for: set while a handler runs.
let whenIdle;
process.on("beforeExit", () => {
  const act = whenIdle;
  whenIdle = undefined;
  act?.();
});

/** Runs the handler once; settles with its result however the handler gives it. */
function invoke(handler, event, context) {
  return new Promise((done, failed) => {
    let over = false;
    const finish = (settle, value) => {
      if (over) return;
      over = true;
      whenIdle = undefined;
      settle(value);
    };
    const callback = (error, value) => {
      if (error !== undefined && error !== null) return finish(failed, error);
      if (context.callbackWaitsForEmptyEventLoop) {
        // The answer waits until timers and connections of the handler are done.
        whenIdle ??= () => finish(done, value);
      } else {
        finish(done, value);
      }
    };
    context.done = callback;
    context.succeed = (value) => callback(null, value);
    context.fail = (error) => callback(error ?? "handled");
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") {
      result.then((value) => finish(done, value), (error) => finish(failed, error));
      whenIdle = () => finish(failed, new Failure("Runtime.NodeJsExit", "The handler's promise can never settle: nothing is left that it could wait for."));
    } else if (handler.length < 3 && !over && whenIdle === undefined) {
      whenIdle = () => finish(done, null);
    } else if (!over) {
      whenIdle ??= () => finish(done, null);
    }
  });
}

function encode(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "null";
  } catch (error) {
    throw new Failure("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
  }
}

async function run(handler) {
  for (;;) {
    const next = await call("GET", "invocation/next").catch(gone);
    if (next.status !== 200) process.exit(1);
    requestId = next.headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
    let path = "response";
    let body;
    let kind;
    try {
      body = encode(await invoke(handler, JSON.parse(next.body.toString("utf8")), contextOf(next.headers)));
    } catch (error) {
      show("Invoke Error", error);
      const told = describe(error);
      [path, body, kind] = ["error", JSON.stringify(told), told.errorType];
    }
    await call("POST", `invocation/${requestId}/${path}`, body, kind).catch(gone);
  }
}

/** An error outside the handler ends the process, after it was told. */
async function fatal(kind, error) {
  const failure = new Failure(kind, error instanceof Error ? String(error) : `${error}`, error);
  show(kind === "Runtime.UnhandledPromiseRejection" ? "Unhandled Promise Rejection" : "Uncaught Exception", failure);
  const told = describe(kind === "Runtime.UnhandledPromiseRejection" ? failure : error);
  const path = requestId ? `invocation/${requestId}/error` : "init/error";
  await call("POST", path, JSON.stringify(told), told.errorType).catch(gone);
  process.exit(kind === "Runtime.UnhandledPromiseRejection" ? 128 : 129);
}

process.on("unhandledRejection", (reason) => fatal("Runtime.UnhandledPromiseRejection", reason));
process.on("uncaughtException", (error) => fatal("Runtime.UnhandledError", error));

let handler;
try {
  handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
} catch (error) {
  show("Init Error", error);
  const told = describe(error);
  await call("POST", "init/error", JSON.stringify(told), told.errorType).catch(gone);
  process.exit(1);
}
await run(handler);
