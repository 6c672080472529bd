import { systemClock } from '../base/clock.ts'
import { createRole, type RoleSpec } from '../lockstep/role-spec.ts'
import { serveRole } from '../lockstep/serve-role.ts'

/** Entry of a lockstep process: one role. */
serveRole((spec) => createRole(spec as RoleSpec, async (root) => (await import('../store/local-store.ts')).openStore(root, { clock: systemClock })))
