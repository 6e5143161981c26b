/** A command and why it was chosen, to be told to the person; an empty command means that nothing is to be done. */
export interface Choice {
  readonly command: string;
  readonly why: string;
}
