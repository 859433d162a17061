# Reads one JSON object and prints it as shell assignments: for each top-level key `name`
#
#   type_name='text|number|boolean|null|list|object'  in_name='the value'
#
# A text is decoded; a list whose elements are all texts, numbers or booleans has one element a line; any other list
# and every object is its JSON text. Keys that are not shell names are omitted. What is not JSON, or not
# readable here, sets only event_error.

function fail(why) {
	if (!failed) {
		failed = 1
		reason = why " (character " i ")"
	}
	return ""
}

function space() {
	while (i <= n && index(" \t\r\n", substr(s, i, 1)) > 0) i++
}

# One text, decoded; `i` is at its opening quote.
function string(    c, out, code) {
	out = ""
	i++
	while (i <= n && !failed) {
		c = substr(s, i, 1)
		if (c == "\"") {
			i++
			return out
		}
		if (c == "\\") {
			c = substr(s, i + 1, 1)
			i += 2
			if (c == "n") out = out "\n"
			else if (c == "t") out = out "\t"
			else if (c == "r") out = out "\r"
			else if (c == "b") out = out "\b"
			else if (c == "f") out = out "\f"
			else if (c == "\"" || c == "\\" || c == "/") out = out c
			else if (c == "u") {
				code = hexadecimal(substr(s, i, 4))
				i += 4
				if (code < 0) return fail("an escape that is no escape")
				if (code == 0 || code > 126) return fail("an escape of a character outside ASCII, which these samples do not read")
				out = out sprintf("%c", code)
			} else return fail("an escape that is no escape")
		} else if (index(control, c) > 0) {
			return fail("a control character inside a text")
		} else {
			out = out c
			i++
		}
	}
	return fail("a text without an end")
}

function hexadecimal(digits,    at, digit, code) {
	if (length(digits) != 4) return -1
	code = 0
	for (at = 1; at <= 4; at++) {
		digit = index("0123456789abcdef", tolower(substr(digits, at, 1))) - 1
		if (digit < 0) return -1
		code = code * 16 + digit
	}
	return code
}

# One value of any kind. Sets `type` to its kind.
function value(depth,    c, start, out, plain, count, item) {
	if (failed) return ""
	if (depth > 32) return fail("nesting deeper than 32")
	space()
	start = i
	c = substr(s, i, 1)
	if (c == "\"") {
		out = string()
		type = "text"
		return out
	}
	if (c == "{") {
		i++
		space()
		if (substr(s, i, 1) == "}") i++
		else while (!failed) {
			key_of_member()
			value(depth + 1)
			if (after_item("}")) break
		}
		type = "object"
		return substr(s, start, i - start)
	}
	if (c == "[") {
		i++
		out = ""
		plain = 1
		count = 0
		space()
		if (substr(s, i, 1) == "]") i++
		else while (!failed) {
			item = value(depth + 1)
			if ((type != "text" && type != "number" && type != "boolean") || index(item, "\n") > 0) plain = 0
			out = (count++ ? out "\n" : "") item
			if (after_item("]")) break
		}
		type = plain ? "list" : "nested"
		return plain ? out : substr(s, start, i - start)
	}
	if (match(substr(s, i, 64), /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/)) {
		out = substr(s, i, RLENGTH)
		i += RLENGTH
		type = "number"
		return out
	}
	if (substr(s, i, 4) == "true") { i += 4; type = "boolean"; return "true" }
	if (substr(s, i, 5) == "false") { i += 5; type = "boolean"; return "false" }
	if (substr(s, i, 4) == "null") { i += 4; type = "null"; return "" }
	return fail("something that is no JSON")
}

function key_of_member(    key) {
	space()
	if (substr(s, i, 1) != "\"") return fail("a key that is no text")
	key = string()
	space()
	if (substr(s, i, 1) != ":") return fail("a key without a colon")
	i++
	return key
}

# After an item: past a comma (0), or past the closing bracket (1).
function after_item(close_bracket,    c) {
	if (failed) return 1
	space()
	c = substr(s, i, 1)
	i++
	if (c == close_bracket) return 1
	if (c != ",") fail("a missing comma or bracket")
	return 0
}

# `v` between single quotes for the shell.
function quoted(v,    pieces, count, at, out) {
	count = split(v, pieces, "'")
	out = count ? pieces[1] : ""
	for (at = 2; at <= count; at++) out = out "'\\''" pieces[at]
	return "'" out "'"
}

{ s = s $0 "\n" }

END {
	for (code = 1; code < 32; code++) control = control sprintf("%c", code)
	n = length(s)
	i = 1
	space()
	if (substr(s, i, 1) != "{") fail("the event is no JSON object")
	else {
		i++
		space()
		if (substr(s, i, 1) == "}") i++
		else while (!failed) {
			key = key_of_member()
			out = value(1)
			if (!failed && key ~ /^[A-Za-z][A-Za-z0-9_]*$/) {
				assignments = assignments "type_" key "=" type " in_" key "=" quoted(out) "\n"
			}
			if (after_item("}")) break
		}
		space()
		if (!failed && i <= n) fail("something after the end of the event")
	}
	if (failed) print "event_error=" quoted(reason)
	else printf "event_error=''\n%s", assignments
}
