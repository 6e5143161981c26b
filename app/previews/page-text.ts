/** What one of our pages says, and how it behaves. */
export interface PageText {
  readonly status: number;
  readonly heading: string;
  readonly message: string;
  readonly tone: 'progress' | 'calm' | 'bad';
  readonly icon: keyof typeof ICONS;
  /** Seconds after which asking again makes sense; null when nothing is expected to change soon. */
  readonly retryAfter: number | null;
  /** Watches for a change and shows it by itself. */
  readonly watches: boolean;
}

/** Outlines on a 24 by 24 field. */
export const ICONS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.2 15.2 20 20',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  build: 'M12 3v4M12 17v4M3 12h4M17 12h4M5.6 5.6l2.9 2.9M15.5 15.5l2.9 2.9M5.6 18.4l2.9-2.9M15.5 8.5l2.9-2.9',
  hand: 'M12 3 4.5 6v5.5c0 4.6 3.1 7.9 7.5 9.5 4.4-1.6 7.5-4.9 7.5-9.5V6L12 3ZM9 12l2.2 2.2L15.2 10',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  cross: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9.2 9.2l5.6 5.6M14.8 9.2l-5.6 5.6',
  box: 'M4 8.5 12 4l8 4.5v7L12 20l-8-4.5v-7ZM4 8.5l8 4.5 8-4.5M12 13v7',
  skip: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 12h7',
  away: 'M9.5 5H5v14h14v-4.5M13.5 4.5h6v6M19 5l-8 8',
  file: 'M7 3.5h7l4 4V20.5H7V3.5ZM14 3.5v4h4M10 12h5M10 15.5h5',
} as const;
