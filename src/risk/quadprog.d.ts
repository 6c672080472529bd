/** Goldfarb & Idnani's dual method: min ½ b'Db − d'b subject to A'b ≥ b₀. Every array is 1-based: index 0 is unused. */
declare module 'quadprog' {
  export interface QuadraticSolution {
    readonly solution: number[]
    /** Empty when solved; else why there is no solution. */
    readonly message: string
  }
  const quadprog: {
    /** Overwrites `Dmat` and `dvec`. The first `meq` constraints are equalities. */
    solveQP(Dmat: number[][], dvec: number[], Amat: number[][], bvec: number[], meq: number): QuadraticSolution
  }
  export default quadprog
}
