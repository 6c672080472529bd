export const DEFECTS: readonly {
  readonly name: string
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[]
  readonly tests: readonly string[]
  readonly build?: boolean
}[]
