"""An ideation agent in Python, from the published contract alone (schemas/asyncapi.json): pip install nats-py"""
import asyncio, json, os, signal, sys, uuid
from datetime import datetime, timezone
import nats
from nats.errors import NoRespondersError, TimeoutError

KIND, BEAT_SECONDS = "ideation", 20  # a loan lasts 60 seconds without a sign of life

def think(brief):
    """A brief becomes angles and an outline: the schema of this kind's input and output stands in its card."""
    topic, key = brief["topic"], brief["keyphrase"]
    headings = [f"What {key} means", f"What {key} changes", f"What {key} costs"]
    sections = [{"index": i, "heading": h, "questions": [f"{h}?"], "terms": key.split() + topic.split()[:8],
                 "words": brief["words"] // len(headings), "corpus": brief["corpus"]} for i, h in enumerate(headings)]
    angle = {"title": topic, "summary": f"Plainly: {topic}.", "support": 0.5, "novelty": 0.5}
    return {"angles": [angle], "outline": {"title": topic, "keyphrase": key, "sections": sections}}

async def report(nc, offer, body):
    """Reports until there is a verdict: to the coordinator that handed the task out, else to any."""
    data = {k: offer[k] for k in ("goal", "task", "kind", "attempt", "lease", "epoch")} | {"body": body}
    event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": f"/python/{KIND}", "type": "dev.galley.task.report.v1",
             "time": datetime.now(timezone.utc).isoformat(), "subject": offer["goal"], "data": data}
    subjects = [f"galley.report.{KIND}.{offer['report_to']}", f"galley.report.{KIND}"]
    for attempt in range(1000):
        try:
            reply = await nc.request(subjects[min(attempt, 1)], json.dumps(event).encode(), timeout=5)
            return json.loads(reply.data)["data"]
        except (NoRespondersError, TimeoutError):
            await asyncio.sleep(min(0.1 * 2 ** attempt, 5))
    raise SystemExit("no coordinator answers")

async def work(nc, msg):
    async def beat():
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await msg.in_progress()
    beating = asyncio.create_task(beat())
    try:
        offer = json.loads(msg.data)["data"]
        spent = {"usd_micros": 0, "tokens": 0, "calls": 0, "wall_ms": 0}
        try:
            body = {"is": "done", "output": think(offer["input"]["brief"]), "spent": spent, "choices": []}
        except (KeyError, TypeError) as error:
            fault = {"code": "PY0001", "message": f"the input cannot be used: {error!r}", "retryable": False}
            body = {"is": "failed", "fault": fault, "spent": spent}
        verdict = await report(nc, offer, body)
        print(offer["goal"], offer["task"], verdict["is"], flush=True)  # accepted, stale or malformed: it is over
        await msg.ack_sync()
    finally:
        beating.cancel()

async def main():
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"), name=f"python {KIND}")
    tasks = await nc.jetstream().pull_subscribe_bind(f"agent_{KIND}", stream="GALLEY_TASK")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    while not stop.is_set():
        try:
            [msg] = await tasks.fetch(1, timeout=1)
        except TimeoutError:
            continue
        await work(nc, msg)
    await nc.drain()

sys.exit(asyncio.run(main()))
