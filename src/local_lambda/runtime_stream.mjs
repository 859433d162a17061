// Response streaming: `awslambda.streamifyResponse`, and the stream that such a handler writes to.

import { createRequire } from "node:module";

import { host, pathOf, port } from "./runtime_client.mjs";
import { describe, Failure, hasCallbacks } from "./runtime_values.mjs";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

const METHODS = [
  ...["cork", "destroy", "end", "uncork", "write", "addListener", "emit", "eventNames", "getMaxListeners"],
  ...["listenerCount", "listeners", "off", "on", "once", "prependListener", "prependOnceListener", "rawListeners"],
  ...["removeAllListeners", "removeListener", "setMaxListeners", "setContentType"],
];
const VALUES = [
  ...["destroyed", "writable", "_onBeforeFirstWrite", "writableFinished", "writableObjectMode", "writableEnded"],
  ...["writableNeedDrain", "writableHighWaterMark", "writableCorked", "writableLength"],
];
const SETTABLE = new Set(["destroyed", "_onBeforeFirstWrite", ...(hasCallbacks ? ["writable"] : [])]);

let agent;

/** Whether a handler writes its response to a stream. */
export function isStreaming(handler) {
  const kind = handler[STREAMING];
  if (kind === undefined || kind === null || kind === false) return false;
  if (kind === "response") return true;
  throw new Failure("Runtime.MalformedStreamingHandler", "Only response streaming is supported.");
}

/** Puts `awslambda` where the user's modules find it. */
export function offerStreaming() {
  if (["1", "true"].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  const streamifyResponse = (handler, options) => {
    handler[STREAMING] = "response";
    if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  };
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
}

/** Writes the status and the headers of an HTTP response before its body. */
class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType("application/vnd.awslambda.http-integration-response");
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(new Uint8Array(8));
    };
    return stream;
  }
}

/**
 * The stream of an invocation's response, a promise of the moment when it is posted, and a way to end it with an error,
 * which follows the body in trailers.
 */
export function openStream(id) {
  // Loaded here: most functions need no HTTP client of their own.
  const { Agent, request } = createRequire(import.meta.url)("node:http");
  agent ??= new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    Trailer: ["Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"],
    "Content-Type": "application/octet-stream",
    ...(hasCallbacks ? {} : { "Transfer-Encoding": "chunked" }),
  };
  const inner = request({ agent, host, port, method: "POST", path: `${pathOf(id)}response`, headers });
  const posted = new Promise((done, failed) => {
    inner.on("response", (answer) => {
      answer.on("data", () => {}).on("end", done).on("aborted", failed);
    });
    inner.on("error", (error) => {
      failed(error);
      // A broken stream ends the process, whatever its handler awaits: this rejection is not handled.
      Promise.reject(error);
      inner.destroy(error);
    });
  });
  let isWritten = false;
  inner.setContentType = (type) => {
    if (isWritten) throw new Failure("Runtime.InvalidStreamingOperation", "Cannot set content-type, too late.");
    inner.setHeader("Content-Type", type);
  };
  const { write, end } = inner;
  if (hasCallbacks) inner.end = (only) => end.call(inner, only);
  inner.write = (chunk, encoding, callback) => {
    // `undefined` has no length: it is an error, as in AWS's client.
    const isRaw = chunk.length === undefined ? false : typeof chunk === "string" || chunk instanceof Uint8Array;
    if (!isWritten && typeof inner._onBeforeFirstWrite === "function") {
      inner._onBeforeFirstWrite((first) => write.call(inner, first));
    }
    const isReady = write.call(inner, isRaw ? chunk : JSON.stringify(chunk), encoding, callback);
    isWritten = true;
    return isReady;
  };
  const stream = Object.fromEntries(METHODS.map((name) => [name, inner[name].bind(inner)]));
  for (const name of VALUES) {
    const set = SETTABLE.has(name) ? (value) => (inner[name] = value) : undefined;
    Object.defineProperty(stream, name, { get: () => inner[name], set });
  }
  const abort = async (error) => {
    const told = describe(error);
    inner.addTrailers({
      "Lambda-Runtime-Function-Error-Type": told.errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(told)).toString("base64"),
    });
    await new Promise((done) => inner.end(done));
    await posted;
  };
  return { stream, posted, abort };
}
