"""One small shop on three frameworks, each with both middlewares. A handler's effect is a counter of the sidecar."""

import time

from cloakroom import AsyncRoom, Room, asgi, wsgi

PART = b"x" * 65536
PARTS = 20  # More than the most that is kept.
LOCK = 2


def limited_path(path):
    return path if path.startswith("/limited") else None


LIMIT = {"limit": 3, "window": "1m", "name": "shop"}
ONCE = {"required": lambda request: path_of(request).startswith("/must"), "lock_ttl": LOCK}


def path_of(request):
    return request["path"] if "path" in request else request["PATH_INFO"]


def key_of(request):
    return limited_path(path_of(request))


def flask_app():
    import flask

    app = flask.Flask(__name__)
    room = Room()

    def effect(name):
        return room.counter.increment(f"effects:{name}")["value"]

    @app.post("/orders/<name>")
    @app.post("/must/<name>")
    def order(name):
        count = effect(name)
        time.sleep(0.3)
        answer = flask.jsonify(count=count, sent=flask.request.get_data(as_text=True))
        answer.status_code = 201
        answer.headers["X-Order"] = name
        answer.headers.add("Set-Cookie", "a=1; Path=/")
        answer.headers.add("Set-Cookie", "b=2; Path=/")
        return answer

    @app.post("/fails/<name>")
    def fails(name):
        if effect(name) == 1:
            raise ValueError("at first")
        return "done"

    @app.post("/large/<name>")
    def large(name):
        effect(name)
        return flask.Response(PART for _ in range(PARTS))

    @app.post("/slow/<name>")
    def slow(name):
        effect(name)
        time.sleep(LOCK * 1.5)
        return "done"

    @app.get("/limited/<name>")
    def limited(name):
        return "ok"

    app.wsgi_app = wsgi.IdempotencyMiddleware(app.wsgi_app, **ONCE)
    app.wsgi_app = wsgi.RateLimitMiddleware(app.wsgi_app, key=key_of, **LIMIT)
    return app


def django_app():
    from django.conf import settings

    settings.configure(
        SECRET_KEY="a key of the tests alone", ALLOWED_HOSTS=["*"], ROOT_URLCONF="urls", LOGGING_CONFIG=None
    )
    import sys
    import types

    import django
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
    from django.urls import path

    room = Room()

    def effect(name):
        return room.counter.increment(f"effects:{name}")["value"]

    def order(request, name):
        count = effect(name)
        time.sleep(0.3)
        answer = JsonResponse({"count": count, "sent": request.body.decode()}, status=201)
        answer["X-Order"] = name
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    def fails(request, name):
        if effect(name) == 1:
            raise ValueError("at first")
        return HttpResponse("done")

    def large(request, name):
        effect(name)
        return StreamingHttpResponse(PART for _ in range(PARTS))

    def slow(request, name):
        effect(name)
        time.sleep(LOCK * 1.5)
        return HttpResponse("done")

    def limited(request, name):
        return HttpResponse("ok")

    urls = types.ModuleType("urls")
    urls.urlpatterns = [
        path("orders/<name>", order),
        path("must/<name>", order),
        path("fails/<name>", fails),
        path("large/<name>", large),
        path("slow/<name>", slow),
        path("limited/<name>", limited),
    ]
    sys.modules["urls"] = urls
    django.setup()
    app = wsgi.IdempotencyMiddleware(get_wsgi_application(), **ONCE)
    return wsgi.RateLimitMiddleware(app, key=key_of, **LIMIT)


def starlette_app():
    import asyncio

    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    room = AsyncRoom()

    async def effect(request):
        return (await room.counter.increment(f"effects:{request.path_params['name']}"))["value"]

    async def order(request):
        count = await effect(request)
        await asyncio.sleep(0.3)
        sent = (await request.body()).decode()
        answer = JSONResponse({"count": count, "sent": sent}, 201, {"X-Order": request.path_params["name"]})
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    async def fails(request):
        if await effect(request) == 1:
            raise ValueError("at first")
        return PlainTextResponse("done")

    async def large(request):
        await effect(request)

        async def parts():
            for _ in range(PARTS):
                yield PART

        return StreamingResponse(parts())

    async def slow(request):
        await effect(request)
        await asyncio.sleep(LOCK * 1.5)
        return PlainTextResponse("done")

    async def limited(request):
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[
            Route("/orders/{name}", order, methods=["POST"]),
            Route("/must/{name}", order, methods=["POST"]),
            Route("/fails/{name}", fails, methods=["POST"]),
            Route("/large/{name}", large, methods=["POST"]),
            Route("/slow/{name}", slow, methods=["POST"]),
            Route("/limited/{name}", limited),
        ]
    )
    app.add_middleware(asgi.IdempotencyMiddleware, **ONCE)
    app.add_middleware(asgi.RateLimitMiddleware, key=key_of, **LIMIT)
    return app
