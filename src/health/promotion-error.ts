/** A promotion was given up. `final`: not with another candidate either, before everything was looked at again. */
export class PromotionError extends Error {
  readonly code = 'PM_HEALTH_PROMOTION';
  readonly final: boolean;

  constructor(message: string, final = false) {
    super(message);
    this.final = final;
  }
}
