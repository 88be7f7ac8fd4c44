import { listen } from '../../src/http/listen.ts'
import { openHouse } from './house.ts'

const house = await openHouse()
const server = await listen(house.app, { host: '127.0.0.1', port: 8799, fallback: false })
console.log(server.url.href, await house.link(), await house.link())
