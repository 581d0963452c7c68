/**
 * The most connections that a pod opens to its database, unless DATABASE_CONNECTIONS is set. Roles' limits follow
 * from it.
 */
export const poolSize = 5;
