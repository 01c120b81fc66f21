"""What the page "For programs" gives to paste, for each client; the tests run these very texts."""

import json

KEY = "YOUR-KEY"
NOBODY = "none"  # OpenAI's clients want a key even where nobody asks for one


def snippets(here: str, closed: bool) -> dict[str, str]:
    """By their names on the page. here: the studio's address, with a slash at its end.  closed: a key is shown."""
    show = f' -H "Authorization: Bearer {KEY}"' if closed else ""
    header = f', "Authorization": "Bearer {KEY}"' if closed else ""
    python = f', headers={{"Authorization": "Bearer {KEY}"}}' if closed else ""
    configured = {"headers": {"Authorization": f"Bearer {KEY}"}} if closed else {}
    bridged = ["--header", f"Authorization: Bearer {KEY}"] if closed else []
    return {
        "curl": f"""curl -s {here}v1/images/generations{show} \\
  -H "Content-Type: application/json" \\
  -d '{{"prompt": "a blue dragon", "response_format": "url"}}' |
  grep -o 'http[^"]*' | xargs curl -sO{show}""",
        "openai": f"""import base64
from openai import OpenAI

studio = OpenAI(base_url="{here}v1", api_key="{KEY if closed else NOBODY}")
found = studio.images.generate(
    model="lit-studio", prompt="a blue dragon", n=2, size="512x512", extra_body={{"seed": 7, "style": "fluent-3d"}}
)
for number, picture in enumerate(found.data):
    with open(f"dragon-{{number}}.png", "wb") as file:
        file.write(base64.b64decode(picture.b64_json))""",
        "python": f"""import json
from urllib.request import Request, urlopen

HEADERS = {{"Content-Type": "application/json"{header}}}

def ask(address, fields=None):
    body = json.dumps(fields).encode() if fields else None
    return urlopen(Request(address, body, HEADERS)).read()

jobs = "{here}api/v1/jobs"
job = json.loads(ask(jobs, {{"prompt": "a blue dragon", "style": "noto", "seed": 7}}))
job = json.loads(ask(f"{{jobs}}/{{job['id']}}?wait=60"))
with open("dragon.png", "wb") as file:
    file.write(ask(job["pictures"][0]["url"]))""",
        "gradio": f"""from gradio_client import Client

studio = Client("{here}"{python})
files = studio.predict(prompt="a blue dragon", num_images_per_prompt=2, api_name="/generate")""",
        "javascript": f"""const answer = await fetch("{here}v1/images/generations", {{
  method: "POST",
  headers: {{ "Content-Type": "application/json"{header} }},
  body: JSON.stringify({{ prompt: "a blue dragon", seed: 7, response_format: "url" }}),
}});
const {{ data }} = await answer.json();
console.log(data[0].url);""",
        "vscode": _json({"servers": {"lit-studio": {"type": "http", "url": f"{here}mcp/"} | configured}}),
        "claude": _json(
            {"mcpServers": {"lit-studio": {"command": "npx", "args": ["-y", "mcp-remote", f"{here}mcp/", *bridged]}}}
        ),
        "chat": f"{here}v1",
        "a1111": here.rstrip("/"),
    }


def _json(told: dict) -> str:
    return json.dumps(told, indent=2)
