/** A file that is there and cannot be taken for text. What is wrong continues the name of the file. */
export interface Unreadable {
  readonly problem: string;
}

/** `.github/preview.yml` as it was found. */
export type SettingsText = string | Unreadable;
