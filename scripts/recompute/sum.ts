/**
 * A sum whose error does not grow with the number of terms.
 *
 * @see Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974
 */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(term: number): void {
    const sum = this.#sum + term;
    const larger = Math.abs(this.#sum) >= Math.abs(term);
    this.#lost += larger ? (this.#sum - sum) + term : (term - sum) + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}
