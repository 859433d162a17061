// The connection of the Node.js runtime to the Lambda Runtime API.

import { readSync, writeSync } from "node:fs";
import { createConnection } from "node:net";

// The path in it identifies this process.
const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const ROOT = api.pathname;
export const [host, port] = [api.hostname, api.port];

/** The path below which everything about one invocation lies. */
export const pathOf = (id) => `${ROOT}invocation/${encodeURIComponent(id)}/`;

/** The environment is being ended when the Runtime API goes away. */
function gone() {
  process.exit(0);
}

/** An answer of the Runtime API, which always has a Content-Length. */
class Answer {
  pieces = [];
  size = 0;
  whole = Infinity;

  /** Takes in some bytes; says whether the answer is complete. */
  take(piece) {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.whole === Infinity) {
      this.pieces = [Buffer.concat(this.pieces)];
      const end = this.pieces[0].indexOf("\r\n\r\n");
      if (end < 0) return false;
      const [first, ...lines] = this.pieces[0].toString("utf8", 0, end).split("\r\n");
      this.status = Number(first.split(" ")[1]);
      const pairs = lines.map((line) => line.split(/:(.*)/s));
      this.headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value.trim()]));
      this.start = end + 4;
      this.whole = this.start + Number(this.headers["content-length"] ?? 0);
    }
    return this.size >= this.whole;
  }

  get body() {
    return Buffer.concat(this.pieces).toString("utf8", this.start);
  }
}

/**
 * One connection. Events are awaited; answers are posted synchronously, as AWS's client does: a handler may leave with
 * `process.exit` right after it has answered.
 */
export class RuntimeApi {
  #socket;
  #pause = new Int32Array(new SharedArrayBuffer(4));
  #take;
  /** The invocation that is not answered yet. */
  current;

  constructor() {
    this.#socket = createConnection({ host, port, noDelay: true });
    this.#socket.on("data", (piece) => this.#take?.(piece)).on("close", gone).on("error", gone);
  }

  async connect() {
    await new Promise((done) => this.#socket.once("connect", done));
    this.#socket.unref();
  }

  /** The next event. Nothing else keeps the event loop of the function busy. */
  async next() {
    const answer = new Answer();
    await new Promise((done) => {
      this.#take = (piece) => answer.take(piece) && done();
      this.#socket.ref();
      this.#socket.write(`GET ${ROOT}invocation/next HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    });
    this.#take = undefined;
    this.#socket.unref();
    if (answer.status !== 200) process.exit(1);
    this.current = answer.headers["lambda-runtime-aws-request-id"];
    return answer;
  }

  /** Answers an invocation, unless it is answered already; `path` says with what. */
  answer(id, path, text) {
    if (this.current !== id) return;
    this.current = null;
    this.#post(pathOf(id) + path, text);
  }

  /** Says that the function cannot start, unless it has started. */
  failInit(text) {
    if (this.#take === undefined) this.#post(`${ROOT}init/error`, text);
  }

  #post(path, text) {
    const descriptor = this.#socket._handle?.fd;
    const body = Buffer.from(text);
    const head = `POST ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const request = Buffer.concat([Buffer.from(head), body]);
    for (let at = 0; at < request.length; ) at += this.#blocking(() => writeSync(descriptor, request, at));
    const answer = new Answer();
    const piece = Buffer.alloc(4096);
    for (;;) {
      const count = this.#blocking(() => readSync(descriptor, piece));
      if (count === 0) gone();
      if (answer.take(Buffer.from(piece.subarray(0, count)))) return;
    }
  }

  /** Repeats an operation on the socket, which does not block, until it can be done. */
  #blocking(operation) {
    for (;;) {
      try {
        return operation();
      } catch (error) {
        if (error.code !== "EAGAIN") gone();
        Atomics.wait(this.#pause, 0, 0, 0.1);
      }
    }
  }
}
