/** Two services: only auth has assets and migrations, and both import shared.ts. */
export const sources = {
  "services/Dockerfile": "FROM scratch\nCOPY app /app\n",
  "services/shared.ts": "export const hello: string = 'hello';\n",
  "services/auth/server.ts":
    "import { hello } from '../shared.ts';\nconsole.log(hello, 'auth');\n",
  "services/auth/assets/films/one.txt": "a film\n",
  "services/auth/migrations/0001-accounts.sql": "CREATE TABLE accounts ();\n",
  "services/payment/server.ts":
    "import { hello } from '../shared.ts';\nconsole.log(hello, 'payment');\n",
};
