// SPDX-License-Identifier: GPL-2.0
/*
 * Random steps, compared with the model of the contract after each. Each seed makes the same steps
 * in each run. scripts/explore.sh makes more of them. Promise S1.
 */
#include "harness/clock.h"
#include "explorer/explore.h"
#include "world/fixture.h"

#define STEPS  300 /* $FPT_EXPLORE_STEPS; _BLIND, _GUIDED: see --blind, --guided of explore.sh */
#define LENGTH 60  /* of a sequence */

#define EXPLORE_MS 10000 /* and the shrinking: a third of the time of a case each */

/* $FPT_EXPLORE_SHRINK_MS: and four calls that do not end, in the time of a case. */
#define SHRINK_MS 10000

/* Each sequence makes a world of its own. */
static const struct obstacle *no_world(struct world *w, const struct case_info *info)
{
	return skipped_if(need_missing(info->needs));
}

static const char *no_end(struct world *w)
{
	return "";
}

WORLD_FIXTURE_BY(random, no_world, no_end);
FIXTURE_VARIANT(random)
{
	uint64_t seed;
};
FIXTURE_VARIANT_ADD(random, first) { .seed = 1000000 };
FIXTURE_VARIANT_ADD(random, second) { .seed = 2000000 };
FIXTURE_VARIANT_ADD(random, third) { .seed = 3000000 };
FIXTURE_VARIANT_ADD(random, fourth) { .seed = 4000000 };

static long setting(const char *variable, long usual)
{
	const char *given = getenv(variable);

	return given ? atol(given) : usual;
}

/* As many steps, or what can be made in time. */
static enum walk_end explore(struct exploration *e, long steps)
{
	const int64_t until = now_ms() + deadline_ms(EXPLORE_MS);
	enum walk_end end = WALK_FINE;

	e->shrink_ms = deadline_ms(setting("FPT_EXPLORE_SHRINK_MS", SHRINK_MS));
	while (e->steps < steps && now_ms() < until && (end == WALK_FINE || end == WALK_KNOWN))
		end = explore_one(e);
	return end;
}

/* Why there is no verdict; or NULL. */
static const char *no_verdict(const struct exploration *e, enum walk_end end, long steps)
{
	static char text[128];

	if (end == WALK_BROKEN || end == WALK_RUNS)
		return e->result->text;
	if (end == WALK_DEVIATES || e->steps >= steps)
		return NULL;
	snprintf(text, sizeof(text),
		 "only %ld of %ld steps in %d s: give a greater FPT_TIMEOUT_MUL", e->steps, steps,
		 deadline_ms(EXPLORE_MS) / 1000);
	return text;
}

CASE(random, agrees_with_model, .promise = "S1", .abilities = "arbitrary-id hold",
	.title = "random steps return, send and hold what the model of the contract says")
{
	const struct walk_options options = { .seed = variant->seed,
					      .length = LENGTH,
					      .blind = getenv("FPT_EXPLORE_BLIND"),
					      .strict = case_is_strict() };
	const long steps_wanted = setting("FPT_EXPLORE_STEPS", STEPS);
	const bool is_guided = setting("FPT_EXPLORE_GUIDED", 0);
	static struct exploration e;
	enum walk_end end;
	const char *why;

	ASSERT_RET(explore_begin(&e, &options, 1), 0);
	if (is_guided)
		ASSERT_RET(explore_guide(&e), 0);
	end = explore(&e, steps_wanted);
	if (end == WALK_IMPOSSIBLE)
		CASE_SKIP("%s", e.result->text);
	why = no_verdict(&e, end, steps_wanted);
	if (why) {
		world_broken(NULL, why);
		return;
	}
	if (is_guided)
		case_note("explored", "%s", explore_counts(&e));
	if (end == WALK_DEVIATES) {
		explore_print(&e, "# ");
		case_hint("%s deviates after %ld steps", e.result->promise, e.steps);
	}
	EXPECT_HOLDS(end != WALK_DEVIATES, "all happens as the model says");
}

CASE_MAIN()
