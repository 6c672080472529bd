import { systemClock } from '../base/clock.ts'
import { createRole, type RoleSpec } from '../lockstep/role-spec.ts'
import { serveRole } from '../lockstep/serve-role.ts'
import { openStore } from '../store/local-store.ts'

/** Entry of a lockstep process: one role. */
serveRole((spec) => createRole(spec as RoleSpec, (root) => openStore(root, { clock: systemClock })))
