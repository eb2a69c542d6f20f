/** Why a request inside a dialog did not bring what it was sent for. `status` is that of the final response, when there was one. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly why: 'refused' | 'timeout' | 'transport' | 'ended';
  readonly status: number | undefined;

  constructor(why: RequestFailure['why'], message: string, status?: number) {
    super(message);
    this.why = why;
    this.status = status;
  }
}
