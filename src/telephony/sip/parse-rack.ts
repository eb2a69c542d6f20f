/** The response that a PRACK acknowledges. */
export interface RAck {
  readonly rSeq: number;
  /** Of the INVITE. */
  readonly cSeq: number;
}

const RACK = /^([0-9]{1,10})[ \t]+([0-9]{1,10})[ \t]+INVITE$/;

/** Reads a RAck value (RFC 3262 section 7.2); undefined when it names no response to an INVITE. */
export function parseRAck(value: string): RAck | undefined {
  const [, rSeq, cSeq] = RACK.exec(value.trim()) ?? [];
  return rSeq === undefined ? undefined : { rSeq: Number(rSeq), cSeq: Number(cSeq) };
}
