type Env = Readonly<Record<string, string | undefined>>;

/**
 * The runner's environment without what the code of a pull request must not get hold of: the right to ask for an identity token, the
 * tokens and inputs of this step, and the files by which a step speaks to the steps after it. RUNNER_TRACKING_ID
 * stays: by it the runner finds the processes that a build leaves behind, and ends them.
 */
const WITHHELD =
  /^(ACTIONS_.*|INPUT_.*|STATE_.*|GITHUB_TOKEN|GH_TOKEN|GITHUB_(OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|EVENT_PATH))$/i;

export function childEnvironment(env: Env, variables: Env): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !WITHHELD.test(name));
  return Object.fromEntries(
    [...kept, ...Object.entries(variables)].filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
