"""The agent of python_agent.py with one promise broken, which BREAKS names: what `galley conformance` must find."""
import os, pathlib
good = pathlib.Path(__file__).with_name("python_agent.py").read_text()
exec(good.rsplit("\nasyncio.run(", 1)[0])  # all of it but the start; what follows takes the place of its parts

KIND, BREAKS = os.environ["KIND"], os.environ["BREAKS"]
honest_report, honest_work = report, work

def think(task):
    if BREAKS == "bad-input" and not isinstance(task, dict):
        os._exit(1)
    return {"angles": "none"} if BREAKS == "output" else {"angles": [], "outline": task["brief"]}

async def ask(nc, offer, body, seconds=5):
    """Reports once, to the one that is named; the verdict, or none when it is lost."""
    data = {name: offer[name] for name in ("goal", "task", "kind", "attempt", "lease", "epoch")} | {"body": body}
    try:
        reply = await nc.request(f"galley.report.{KIND}.{offer['report_to']}", json.dumps(data).encode(), timeout=seconds)
        return json.loads(reply.data)["is"]
    except nats.errors.Error:
        return None

async def write(nc, offer):
    """An outside write whose announcement nobody waits for."""
    intent = {"key": "post", "target": "nowhere", "content": "0" * 64, "summary": "write"}
    await ask(nc, offer, {"is": "effect_intent", "intent": intent}, seconds=1)
    await ask(nc, offer, {"is": "effect_settled", "key": "post", "settlement": {"is": "done", "receipt": 1}})

async def report(nc, offer, body):
    if BREAKS == "names-its-attempt":
        offer = offer | {"lease": "0" * 32}
    if BREAKS == "reports-to":
        offer = offer | {"report_to": str(uuid.uuid4())}
    if BREAKS == "unknown-field" and "conformance" in offer:
        body = {"is": "failed", "fault": {"code": "PY0002", "message": "what is this?"}, "spent": {}}
    if BREAKS in ("redelivered", "announces"):
        await write(nc, offer)
    if BREAKS == "asks-again":
        return await ask(nc, offer, body)
    while BREAKS == "falls-back":
        if verdict := await ask(nc, offer, body):
            return verdict
        await asyncio.sleep(0.2)
    verdict = await honest_report(nc, offer, body)
    if BREAKS == "malformed" and verdict == "malformed":
        os._exit(1)
    while BREAKS in ("stale", "stop") and verdict == "stale":
        await asyncio.sleep(1.5)
        verdict = await honest_report(nc, offer, body)
    return verdict

async def work(nc, msg):
    if BREAKS == "takes":
        await msg.ack_sync()
    elif BREAKS == "acknowledges":
        await nc.publish(msg.reply, b"+ACK")
        await honest_work(nc, msg)
    elif BREAKS == "no-offer" and not msg.data.startswith(b"{"):
        os._exit(1)
    else:
        await honest_work(nc, msg)

if BREAKS == "heartbeat":
    BEAT_SECONDS = 10**6
asyncio.run(main())
