// Finds the handler that a function names.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { Failure } from "./runtime_values.mjs";

/** `a.b.c` inside a module. */
function member(module, path) {
  return path.split(".").reduce((inner, name) => inner && inner[name], module);
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
export async function load(root, handler) {
  if (handler.includes("..")) {
    const advice = "Use absolute paths when specifying root directories in handler names.";
    throw new Failure("Runtime.MalformedHandlerName", `'${handler}' is not a valid handler name. ${advice}`);
  }
  const [, name, path] = /^([^.]*)\.(.*)$/.exec(basename(handler)) ?? [];
  if (path === undefined) throw new Failure("Runtime.MalformedHandlerName", "Bad handler");
  let module;
  try {
    module = await importFile(resolve(root, dirname(handler), name));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure("Runtime.UserCodeSyntaxError", String(error), error.stack);
    if (error?.code === "MODULE_NOT_FOUND") throw new Failure("Runtime.ImportModuleError", String(error));
    throw error;
  }
  if (module === undefined) throw new Failure("Runtime.ImportModuleError", `Error: Cannot find module '${name}'`);
  const found = member(module, path) || member(module.default, path);
  if (!found) throw new Failure("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new Failure("Runtime.HandlerNotFound", `${handler} is not a function`);
  return found;
}
