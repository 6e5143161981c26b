/** Counts requests in windows of time, for all processes together. */
export interface RequestRateStore {
  /** Adds to the count of a window and answers the count of all processes. */
  add(window: string, added: { readonly count: number; readonly expiresAt: Date }): Promise<number>;
  deleteExpired(before: Date): Promise<number>;
}

export interface RequestRatePorts {
  readonly requestRates: RequestRateStore;
}
