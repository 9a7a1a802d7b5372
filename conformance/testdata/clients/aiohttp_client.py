"""Two requests of aiohttp on one connection: the second after a line on stdin."""

import asyncio
import sys

import aiohttp


async def main():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1, ssl=False)) as session:

        async def get():
            async with session.get(sys.argv[1]) as res:
                print(res.status, (await res.text()).strip(), flush=True)

        await get()
        await asyncio.to_thread(sys.stdin.readline)
        await get()


asyncio.run(main())
