"""Checks Python scripts without running them.

Standard input is a JSON list of scripts, each with its text and, where one is known, the name of its handler. Standard
output is the version of this interpreter, and for each script its problem or null.
"""

import ast
import json
import sys
import warnings

# With these a script may define names that its text does not show.
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "setattr", "__import__", "__getattr__", "modules"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = FUNCTIONS + (ast.ClassDef, ast.Lambda)


def module_nodes(tree):
    """All nodes outside of functions and classes, which are among them."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def bound_names(node):
    """The names that a node of the module binds."""
    if isinstance(node, FUNCTIONS + (ast.ClassDef,)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store) else []
    # Handlers of exceptions and patterns have names too.
    return [name for name in (getattr(node, key, None) for key in ("name", "rest")) if isinstance(name, str)]


def is_unclear(tree):
    """Whether the script may define names that its text does not show."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            return True
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Name) and node.id in DYNAMIC or isinstance(node, ast.Attribute) and node.attr in DYNAMIC:
            return True
    return False


def takes_two(function):
    """Whether a function can be called with two positional arguments."""
    arguments = function.args
    positional = getattr(arguments, "posonlyargs", []) + arguments.args
    required = len(positional) - len(arguments.defaults)
    keywords = sum(default is None for default in arguments.kw_defaults)
    return required <= 2 and (len(positional) >= 2 or arguments.vararg is not None) and keywords == 0


def handler_problem(tree, handler):
    found = [node for node in module_nodes(tree) if handler in bound_names(node)]
    if not found:
        return None if is_unclear(tree) else {"problem": "missing"}
    function = found[0]
    # A decorator may change what the function takes.
    is_plain = len(found) == 1 and isinstance(function, FUNCTIONS) and not function.decorator_list
    if is_plain and not takes_two(function):
        return {"problem": "arguments", "line": function.lineno}
    return None


def syntax_problem(message, line, column, end):
    # Python has 0 and -1 for positions that it does not know.
    line, column, end = (number if number and number > 0 else None for number in (line, column, end))
    return {"problem": "syntax", "message": message, "line": line, "column": column, "end": end}


def check(text, handler):
    try:
        tree = ast.parse(text, "customer_script.py")
        compile(tree, "customer_script.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        is_one_line = getattr(error, "end_lineno", None) == error.lineno
        end = getattr(error, "end_offset", None) if is_one_line else None
        return syntax_problem(error.msg, error.lineno, error.offset, end)
    except ValueError as error:
        return syntax_problem(str(error), None, None, None)
    return handler_problem(tree, handler) if handler else None


def check_or_skip(script):
    try:
        return check(script["text"], script.get("handler"))
    except (RecursionError, MemoryError, OverflowError):
        return None


warnings.simplefilter("ignore")
scripts = json.loads(sys.stdin.buffer.read())
result = {"minor": sys.version_info[1], "scripts": [check_or_skip(script) for script in scripts]}
sys.stdout.write(json.dumps(result))
