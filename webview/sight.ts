/** Which parts of the page are in sight or near it. */

/** Of the height and width of the window: how far around it is near. */
const around = '50%';

export class Sight {
  private readonly away = new Set<Element>();
  private readonly returns = new Map<Element, () => void>();
  private readonly observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) this.away.add(target);
        else if (this.away.delete(target)) this.returns.get(target)?.();
      }
    },
    { rootMargin: around },
  );

  /** @param onReturn called when it comes near again */
  watch(part: Element, onReturn: () => void): void {
    this.returns.set(part, onReturn);
    this.observer.observe(part);
  }

  forget(part: Element): void {
    this.observer.unobserve(part);
    this.returns.delete(part);
    this.away.delete(part);
  }

  /** Near, as far as is known: what was just made is. */
  has(part: Element): boolean {
    return !this.away.has(part);
  }
}
