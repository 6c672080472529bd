/** A metric profile: the conventions behind a figure. Every figure names its profile, since the peers all differ. */
export interface MetricProfile {
  readonly name: string
  /** What one return is: equity from session to session, or from bar to bar. */
  readonly basis: 'session' | 'bar'
  readonly periodsPerYear: number
  /** Whether the first return (against starting equity) takes part. */
  readonly firstReturn: 'included' | 'excluded'
  /** How returns become an annual figure in Sharpe and Sortino. */
  readonly annualisation: 'arithmetic' | 'geometric'
  /** Yearly risk-free rate, as a fraction. */
  readonly riskFreeRate: number
  /** Degrees of freedom taken off in the variance: 1 = sample, 0 = population. */
  readonly ddof: 0 | 1
}

/** empyrical / pyfolio: √252, arithmetic mean over sample deviation. The default. */
export const EMPYRICAL: MetricProfile = {
  name: 'empyrical', basis: 'session', periodsPerYear: 252, firstReturn: 'included',
  annualisation: 'arithmetic', riskFreeRate: 0, ddof: 1,
}

/** backtesting.py: geometric annual return over compounded volatility. */
export const BACKTESTING_PY: MetricProfile = {
  name: 'backtesting.py', basis: 'session', periodsPerYear: 252, firstReturn: 'excluded',
  annualisation: 'geometric', riskFreeRate: 0, ddof: 1,
}

/**
 * The return per period below which Sortino counts a shortfall, as a fraction: the risk-free rate spread evenly
 * over the year where figures are arithmetic (empyrical's `required_return`), 0 where they are geometric
 * (backtesting.py clips at 0 whatever the risk-free rate).
 */
export function requiredReturn(profile: MetricProfile): number {
  return profile.annualisation === 'arithmetic' ? profile.riskFreeRate / profile.periodsPerYear : 0
}

export const METRIC_PROFILES: Readonly<Record<string, MetricProfile>> = {
  [EMPYRICAL.name]: EMPYRICAL,
  [BACKTESTING_PY.name]: BACKTESTING_PY,
}
