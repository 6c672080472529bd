import type { Role } from '../lineup/role.ts'
import type { Store } from '../store/store.ts'
import type { FeatureRoleSpec } from './feature-role.ts'
import type { ModelRoleSpec } from './model-role.ts'
import type { PortfolioRoleSpec } from './portfolio-role.ts'
import type { RiskRoleSpec } from './risk-role.ts'
import type { StrategyRoleSpec } from './strategy-role.ts'

/** What a lockstep process is configured with. */
export type RoleSpec =
  | { readonly role: 'features'; readonly spec: FeatureRoleSpec }
  | { readonly role: 'strategies'; readonly spec: StrategyRoleSpec }
  | { readonly role: 'model'; readonly spec: ModelRoleSpec }
  | { readonly role: 'risk'; readonly spec: RiskRoleSpec }
  | { readonly role: 'portfolios'; readonly storeRoot: string; readonly spec: PortfolioRoleSpec }

/** A process has one role, and loads what that one needs. */
export async function createRole(of: RoleSpec, openStore: (root: string) => Promise<Store>): Promise<Role> {
  switch (of.role) {
    case 'features': return (await import('./feature-role.ts')).createFeatureRole(of.spec)
    case 'strategies': return (await import('./strategy-role.ts')).createStrategyRole(of.spec)
    case 'model': return (await import('./model-role.ts')).createModelRole(of.spec)
    case 'risk': return (await import('./risk-role.ts')).createRiskRole(of.spec)
    case 'portfolios': return (await import('./portfolio-role.ts')).createPortfolioRole(of.spec, await openStore(of.storeRoot))
  }
}
