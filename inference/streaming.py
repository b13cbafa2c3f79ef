"""The token stream as a plain ASGI callable."""

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope


class StreamOr:
    """Answers the token stream's route itself and hands every other request on."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await self.application(scope, receive, send)
