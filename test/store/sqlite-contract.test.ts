import { openSqliteStore } from '../../src/store/sqlite.ts'
import { storeContract } from '../contracts/store.ts'
import { storeEvidenceContract } from '../contracts/store-evidence.ts'
import { storeOutboxContract } from '../contracts/store-outbox.ts'
import { testLedger } from '../helpers/ledger.ts'

storeContract('SQLite', () => openSqliteStore({ path: ':memory:', ledger: testLedger() }))
storeEvidenceContract('SQLite', (path) => openSqliteStore({ path, ledger: testLedger() }))
storeOutboxContract('SQLite', () => openSqliteStore({ path: ':memory:', ledger: testLedger() }))
