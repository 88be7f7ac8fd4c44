import { leafHash } from '../../src/ledger/leaf.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { storeContract } from '../contracts/store.ts'

storeContract('SQLite', () => openSqliteStore({ path: ':memory:', leafHash }))
