// Runs a Node.js handler against the Lambda Runtime API. Started by the local functions; no packages.
//
// It answers as AWS's own client of the runtime that the template names: up to nodejs22.x handlers may answer through a
// callback or the context; from nodejs24.x on they are async functions.

import { format } from "node:util";

import { RuntimeApi } from "./runtime_client.mjs";
import { load } from "./runtime_handler.mjs";
import { isStreaming, offerStreaming, openStream } from "./runtime_stream.mjs";
import { describe, encode, Failure, hasCallbacks } from "./runtime_values.mjs";

const api = new RuntimeApi();
let requestId;

const levels = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR", fatal: "FATAL" };
for (const [name, level] of Object.entries(levels)) {
  console[name] = (...parts) => {
    // A carriage return keeps a message of several lines one record in the service's log.
    const text = format(...parts).replace(/\n/g, "\r");
    process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
  };
}

/** Writes an error into the log, with the members that its author gave it. */
function report(title, error) {
  const known = error instanceof Error ? error : new Error(hasCallbacks ? error : String(error));
  const open = (_, value) => {
    if (!(value instanceof Error)) return value;
    const { name: errorType, message: errorMessage, code, stack } = value;
    return { errorType, errorMessage, code, ...value, ...(typeof stack === "string" ? { stack: stack.split("\n") } : {}) };
  };
  let record;
  try {
    record = JSON.stringify(known, open);
  } catch {
    record = JSON.stringify(describe(error));
  }
  console.error(title, `\t${record}`);
}

/** Adds to a context what every invocation has. */
function fill(context, headers) {
  const trace = headers["lambda-runtime-trace-id"];
  if (trace) process.env._X_AMZN_TRACE_ID = trace;
  else delete process.env._X_AMZN_TRACE_ID;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return Object.assign(context, {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    tenantId: undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
}

/** Begins with the next event. */
async function receive() {
  const { headers, body } = await api.next();
  requestId = headers["lambda-runtime-aws-request-id"];
  return { id: requestId, headers, body };
}

const succeed = (id, value) => api.answer(id, "response", encode(value));
const fail = (id, error) => api.answer(id, "error", JSON.stringify(describe(error)));

/** What to do when nothing is left to wait for. */
let whenIdle = () => {};
let isScheduled = false;

/** The model of callbacks: an invocation may go on after its handler has returned. */
class CallbackModel {
  #handler;
  #isAsync;

  constructor(handler) {
    this.#handler = handler;
    this.#isAsync = handler.constructor?.name === "AsyncFunction";
    process.on("beforeExit", () => whenIdle());
  }

  /** Takes the next event on, in a turn of its own. */
  again = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      const run = isStreaming(this.#handler) ? this.#stream() : this.#invoke();
      run.catch((error) => {
        console.log(`Unexpected Top Level Error: ${error.toString()}`);
        fatal(129, error);
      });
    });
  };

  async #begin() {
    const event = await receive();
    isScheduled = false;
    return event;
  }

  async #invoke() {
    const { id, headers, body } = await this.#begin();
    const ways = this.#waysToAnswer(id);
    const { callback, context } = ways;
    whenIdle = () => {
      // The handler has not answered, and no pending work is left that could.
      ways.close();
      if (this.#isAsync) this.#fail(id, new NodeJsExit());
      else {
        succeed(id, null);
        this.again();
      }
    };
    try {
      const result = this.#handler(JSON.parse(body), fill(context, headers), callback);
      if (result && typeof result.then === "function") {
        result.then(context.succeed, context.fail).catch(context.fail);
      }
    } catch (error) {
      callback(error);
    }
  }

  #fail(id, error) {
    report("Invoke Error", error);
    fail(id, error);
    this.again();
  }

  /** The ways in which a handler can answer; the first one that it takes counts. */
  #waysToAnswer(id) {
    let isTaken = false;
    let isComplete = false;
    let waits = true;
    const complete = (value) => {
      if (isComplete) {
        console.error("Invocation has already been reported as done. Cannot call complete more than once per invocation.");
        return;
      }
      isComplete = true;
      succeed(id, value);
      this.again();
    };
    const answer = (error, value, isPatient) => {
      whenIdle = () => {};
      if (error !== undefined && error !== null) this.#fail(id, error);
      else if (isPatient) whenIdle = () => setImmediate(complete, value);
      else complete(value);
    };
    // One that throws, because it cannot be posted, leaves the others open.
    const once = (way) => (first, second) => {
      if (isTaken) return;
      way(first, second);
      isTaken = true;
    };
    const context = {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waits = value;
      },
      succeed: once((value) => answer(null, value, false)),
      fail: once((error) => answer(error ?? "handled", null, false)),
      done: once((error, value) => answer(error, value, false)),
    };
    const close = () => {
      isComplete = true;
    };
    return { callback: once((error, value) => answer(error, value, waits)), context, close };
  }

  async #stream() {
    const { id, headers, body } = await this.#begin();
    const { stream, posted, abort } = openStream(id);
    let waits = true;
    const end = () => {
      api.current = null;
      if (waits) whenIdle = () => setImmediate(this.again);
      else this.again();
    };
    const stop = async (error) => {
      report("Invoke Error", error);
      await abort(error);
      end();
    };
    whenIdle = this.again;
    try {
      const context = {
        get callbackWaitsForEmptyEventLoop() {
          return waits;
        },
        set callbackWaitsForEmptyEventLoop(value) {
          waits = value;
        },
      };
      const result = this.#handler(JSON.parse(body), stream, fill(context, headers));
      if (!result || typeof result.then !== "function") return stop("Streaming does not support non-async handlers.");
      if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
      await posted;
      if (!stream.writableFinished) return stop("Response stream is not finished.");
      end();
    } catch (error) {
      await stop(error);
    }
  }
}

class NodeJsExit extends Failure {
  constructor() {
    const cause = "This is most commonly caused by a Promise that was never settled.";
    const more = "For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";
    super("Runtime.NodeJsExit", `The Lambda runtime client detected an unexpected Node.js exit code. ${cause} ${more}`);
  }
}

class UnhandledPromiseRejection extends Failure {
  constructor(reason, promise) {
    super("Runtime.UnhandledPromiseRejection", reason);
    Object.assign(this, { reason, promise });
  }
}

/** An error outside of the handler ends the process, after it was posted. */
function fatal(status, error) {
  if (requestId === undefined) api.failInit(JSON.stringify(describe(error)));
  else fail(requestId, error);
  process.exit(status);
}

/** The model of async functions: one event after another. Errors outside of the handler end the process unposted. */
async function runAsync(handler) {
  const turn = () => new Promise((done) => setImmediate(done));
  for (;;) {
    const { id, headers, body } = await receive();
    const context = fill({ xRayTraceId: headers["lambda-runtime-trace-id"] }, headers);
    const event = JSON.parse(body);
    if (isStreaming(handler)) {
      await streamAsync(handler, id, event, context);
      continue;
    }
    try {
      const result = await handler(event, context);
      await turn();
      succeed(id, result);
    } catch (error) {
      await turn();
      report("Invoke Error", error);
      fail(id, error);
    }
  }
}

async function streamAsync(handler, id, event, context) {
  const { stream, posted, abort } = openStream(id);
  try {
    const result = handler(event, stream, context);
    if (typeof result?.then !== "function") throw new Error("Streaming does not support non-async handlers.");
    if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
    await posted;
    if (!stream.writableFinished) throw new Error("Response stream is not finished.");
  } catch (error) {
    report("Invoke Error", error);
    await abort(error);
  }
  api.current = null;
}

/** From nodejs24.x on a handler that takes a callback is refused before it runs. */
function refuseCallback(handler) {
  if (hasCallbacks || isStreaming(handler) || handler.length < 3) return;
  const advice = "You need to modify this function to use a supported handler signature to use Node.js 24 or later.";
  const more = "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";
  throw new Failure(
    "Runtime.CallbackHandlerDeprecated",
    `ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ${advice} ${more}`,
  );
}

async function main() {
  await api.connect();
  if (hasCallbacks) {
    process.on("uncaughtException", (error) => {
      report("Uncaught Exception", error);
      fatal(129, error);
    });
    process.on("unhandledRejection", (reason, promise) => {
      const error = new UnhandledPromiseRejection(reason, promise);
      report("Unhandled Promise Rejection", error);
      fatal(128, error);
    });
  }
  offerStreaming();
  let handler;
  try {
    handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
    refuseCallback(handler);
    isStreaming(handler);
  } catch (error) {
    report("Init Error", error);
    api.failInit(JSON.stringify(describe(error)));
    process.exit(1);
  }
  if (hasCallbacks) new CallbackModel(handler).again();
  else await runAsync(handler);
}

main();
