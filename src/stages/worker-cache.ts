import { systemClock } from '../base/clock.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { openStore } from '../store/local-store.ts'
import type { Address, Store } from '../store/store.ts'
import { readMarket } from './market-artefact.ts'

/** What a worker process keeps between tasks: its store handle and, of sweeps in memory, the market it read last. */
const stores = new Map<string, Store>()
let latestMarket: { readonly address: Address; readonly panels: MarketPanels } | undefined

export function storeAt(root: string): Store {
  let store = stores.get(root)
  if (store === undefined) {
    store = openStore(root, { clock: systemClock })
    stores.set(root, store)
  }
  return store
}

export function marketAt(store: Store, address: Address): MarketPanels {
  if (latestMarket?.address !== address) latestMarket = { address, panels: readMarket(store, address) }
  return latestMarket.panels
}
