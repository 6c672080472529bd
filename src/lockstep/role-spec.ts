import type { Role } from '../lineup/role.ts'
import type { Store } from '../store/store.ts'
import { createFeatureRole, type FeatureRoleSpec } from './feature-role.ts'
import { createModelRole, type ModelRoleSpec } from './model-role.ts'
import { createPortfolioRole, type PortfolioRoleSpec } from './portfolio-role.ts'
import { createRiskRole, type RiskRoleSpec } from './risk-role.ts'
import { createStrategyRole, type StrategyRoleSpec } from './strategy-role.ts'

/** What a lockstep process is configured with. */
export type RoleSpec =
  | { readonly role: 'features'; readonly spec: FeatureRoleSpec }
  | { readonly role: 'strategies'; readonly spec: StrategyRoleSpec }
  | { readonly role: 'model'; readonly spec: ModelRoleSpec }
  | { readonly role: 'risk'; readonly spec: RiskRoleSpec }
  | { readonly role: 'portfolios'; readonly storeRoot: string; readonly spec: PortfolioRoleSpec }

export async function createRole(of: RoleSpec, openStore: (root: string) => Store): Promise<Role> {
  switch (of.role) {
    case 'features': return createFeatureRole(of.spec)
    case 'strategies': return createStrategyRole(of.spec)
    case 'model': return createModelRole(of.spec)
    case 'risk': return createRiskRole(of.spec)
    case 'portfolios': return createPortfolioRole(of.spec, openStore(of.storeRoot))
  }
}
