/** A person, synced from webhooks. */
export interface User {
  readonly githubId: number;
  readonly login: string;
  readonly email: string | null;
  readonly avatarUrl: string | null;
  readonly active: boolean;
}

export interface UserStore {
  get(id: string): Promise<User | null>;
  saveFromGitHub(user: Omit<User, 'active'>): Promise<User>;
  byGitHubId(githubId: number): Promise<User | null>;
}

export interface UserPorts {
  readonly users: UserStore;
}
