// Results and errors as documents, as AWS's client of each generation of Node.js writes them.

import { types } from "node:util";

const generation = Number(/^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1] ?? 0);

/** Whether handlers may answer through a callback or the context. The template's runtime decides, not the local node. */
export const hasCallbacks = generation < 24;

/** An error that the runtime itself finds. */
export class Failure extends Error {
  constructor(kind, message, stack) {
    super(message);
    Object.defineProperty(this, "name", { value: kind });
    // The trace begins with the name.
    if (hasCallbacks) Error.captureStackTrace(this, new.target);
    if (stack) this.stack = stack;
  }
}

/** A result as JSON. */
export function encode(value) {
  let text;
  try {
    text = JSON.stringify(value === undefined ? null : value);
  } catch {
    const message = "Unable to stringify response body";
    throw hasCallbacks ? new Error(message) : new Failure("Runtime.JSONStringifyError", message);
  }
  // A function or a symbol.
  if (text === undefined) throw new TypeError("Wrong arguments");
  return text;
}

const plain = (text) => text?.replaceAll("\x7F", "%7F");

function isErrorLike(value) {
  return ["name", "message", "stack"].every((member) => value?.[member] && typeof value[member] === "string");
}

/** An error document as Lambda's own client writes it. */
export function describe(error) {
  try {
    if (hasCallbacks ? types.isNativeError(error) || isErrorLike(error) : error instanceof Error) {
      const { name, message } = error;
      const trace = hasCallbacks ? plain(error.stack).split("\n") : plain(error.stack)?.split("\n") || [];
      return { errorType: plain(name), errorMessage: plain(message), trace };
    }
    return { errorType: typeof error, errorMessage: hasCallbacks ? error.toString() : String(error), trace: [] };
  } catch {
    const errorMessage =
      "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack";
    return { errorType: "handled", errorMessage, ...(hasCallbacks ? {} : { trace: [] }) };
  }
}
