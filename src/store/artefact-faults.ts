import { MillraceError } from '../base/errors.ts'
import type { Address } from './store.ts'

/** `value` of both errors is the artefact's address, so that whoever catches one can quarantine and make it again. */
export function corruptArtefact(fault: { address: Address; path: string; reason: string }): MillraceError {
  return new MillraceError({
    code: 'ARTEFACT_CORRUPT',
    message: `stored artefact ${fault.address.slice(0, 12)}… is damaged: ${fault.reason}`,
    where: fault.path,
    value: fault.address,
    hint: 'run the experiment again: damaged artefacts are put into quarantine and made again',
  })
}

export function missingArtefact(address: Address, path: string): MillraceError {
  return new MillraceError({
    code: 'ARTEFACT_MISSING',
    message: `artefact ${address.slice(0, 12)}… is not in the store`,
    where: path,
    value: address,
    hint: 'run the experiment again: whatever is missing is made again',
  })
}
