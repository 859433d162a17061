# A handler whose behaviour is chosen by the event; AWS's own runtime client runs it.
import os
import time


class Unsayable:
    pass


def handler(event, context):
    mode = event.get("mode") if isinstance(event, dict) else None
    print("mode", mode)
    match mode:
        case "raise":
            raise ValueError("no such host")
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(30)
        case "text":
            return "plain"
        case "none":
            return None
        case "unsayable":
            return Unsayable()
        case "shaped":
            return {"errorType": "Data", "errorMessage": "of the function"}
        case "large":
            return "x" * (6 * 1024 * 1024 - 100)
        case "too large":
            return "x" * (6 * 1024 * 1024 + 200)
        case "count":
            return len(event["text"])
        case "context":
            client = context.client_context
            return {
                "name": context.function_name,
                "version": context.function_version,
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
                "id": context.aws_request_id,
                "in time": 0 < context.get_remaining_time_in_millis() <= 2000,
                "client": client and [client.custom, client.env, client.client.app_title],
                "colour": os.environ.get("COLOUR"),
            }
    return event
