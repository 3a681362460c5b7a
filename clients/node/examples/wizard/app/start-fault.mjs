/** Why the server can't be started; its text says what to do. */
export class StartFault extends Error {
  name = "StartFault";
}
