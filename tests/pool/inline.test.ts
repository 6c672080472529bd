import { openInlinePool } from '../../src/pool/inline.ts'
import { describePool } from '../contracts/pool-contract.ts'
import { handlers } from './fixtures/handlers.ts'

describePool('inline', () => openInlinePool(handlers))
