"""An ideation agent in Python, from the published contract alone: schemas/asyncapi.json. Needs nats-py."""
import asyncio, itertools, json, os, signal, time, uuid, nats
KIND, BEAT_SECONDS = "ideation", 20  # a task that nothing is heard of for 60 seconds comes again

def think(task):  # a brief becomes angles and an outline: `input` and `output` of this kind's card
    topic, key, words, corpus = (task["brief"][name] for name in ("topic", "keyphrase", "words", "corpus"))
    sections = [{"index": index, "heading": f"What {key} {does}", "questions": [f"What is it that {key} {does}?"],
                 "terms": topic.split()[:24], "words": words // 3, "corpus": corpus}
                for index, does in enumerate(("means", "changes", "costs"))]
    angle = {"title": topic, "summary": f"Plainly: {topic}.", "support": 0.5, "novelty": 0.5}
    return {"angles": [angle], "outline": {"title": topic, "keyphrase": key, "sections": sections}}

async def report(nc, offer, body):  # until there is a verdict: to whoever handed the task out, else to any
    data = {name: offer[name] for name in ("goal", "task", "kind", "attempt", "lease", "epoch")} | {"body": body}
    event = {"specversion": "1.0", "id": str(uuid.uuid4()), "type": "dev.galley.task.report.v1", "data": data,
             "source": f"/python/{KIND}", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    for pause in itertools.chain(range(5), itertools.repeat(5)):
        await asyncio.sleep(pause)
        for subject in (f"galley.report.{KIND}.{offer['report_to']}", f"galley.report.{KIND}"):
            try:
                reply = await nc.request(subject, json.dumps(event).encode(), timeout=5)
                return json.loads(reply.data)["data"]["is"]
            except (nats.errors.Error, ValueError):
                pass  # nobody is there, or the verdict was lost

async def beat(msg):
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await msg.in_progress()

async def work(nc, msg):
    beating, began = asyncio.create_task(beat(msg)), time.monotonic()
    try:
        offer = json.loads(msg.data)["data"]
        try:
            body = {"is": "done", "output": await asyncio.to_thread(think, offer["input"])}
        except (KeyError, TypeError) as error:
            body = {"is": "failed", "fault": {"code": "PY0001", "message": f"not an input: {error!r}"}}
        body["spent"] = {"wall_ms": int(1000 * (time.monotonic() - began))}
        print(offer["goal"], offer["task"], await report(nc, offer, body), flush=True)
        await msg.ack_sync()  # only now: accepted, stale and malformed all end the attempt
    except (ValueError, KeyError, TypeError):
        await msg.term()  # it is no offer, and never will be
    finally:
        beating.cancel()

async def main():
    nc, stop = await nats.connect(os.environ["NATS_URL"], max_reconnect_attempts=-1), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = await nc.jetstream().pull_subscribe_bind(f"agent_{KIND}", stream="GALLEY_TASK")
    while not stop.is_set():
        try:
            for msg in await tasks.fetch(1, timeout=1):
                await work(nc, msg)
        except nats.errors.Error:
            pass  # nothing to do, or the server is away: what was not acknowledged comes again
    await nc.drain()

asyncio.run(main())
