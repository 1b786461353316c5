// Tests against systems that somebody else wrote. They are no part of `npm test`: scripts/test-real.ts starts the systems and
// runs these files one by one, each with what it needs in its environment.
import { project } from "../../jest.config.js";

export default {
  ...project("real", ["<rootDir>/test/real/**/*.test.ts"]),
  rootDir: "../..",
  maxWorkers: 1,
  testTimeout: 600_000,
};
