import { openLocalPool } from '../../src/pool/local.ts'
import { describePool } from '../contracts/pool-contract.ts'
import { bundle } from './fixtures/bundle.ts'

const workerFile = bundle('worker')

describePool('local, 1 worker', () => openLocalPool({ workers: 1, workerFile }))
describePool('local, 3 workers', () => openLocalPool({ workers: 3, workerFile }))
