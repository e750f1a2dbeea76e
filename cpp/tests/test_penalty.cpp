#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "pauca/penalty/registry.hpp"
#include "pauca/penalty/separable.hpp"
#include "testing.hpp"

using namespace pauca;

namespace {

struct Example {
  std::string name;
  std::vector<double> shape;
};

// Every separable penalty of the registry: a new one joins by a line.
const std::vector<Example> examples = {
    {"l1", {}},
    {"mcp", {3.0}},
    {"mcp", {0.7}},
    {"scad", {3.7}},
    {"capped_l1", {1.0}},
    {"log_sum", {0.5}},
    {"l0", {}},
    {"lp", {0.5}},
    {"lp", {0.3}},
    {"lp", {2.0 / 3.0}},
    {"transformed_l1", {1.0}},
    {"transformed_l1", {0.1}},
};

template <class Check>
void for_each_penalty(Check check) {
  for (const Example& e : examples)
    BOOST_TEST_CONTEXT(e.name) visit_penalty(e.name, e.shape, [&](auto p) { check(p); });
}

/// Smallest value of f on [lo, hi]: a grid, then finer ones around its best points.
double grid_minimum(const std::function<double(double)>& f, double lo, double hi) {
  const double floor = lo;
  double best = f(lo);
  for (int level = 0; level < 4; ++level) {
    constexpr int points = 2000;
    const double h = (hi - lo) / points;
    double at = lo;
    for (int k = 0; k <= points; ++k) {
      const double x = lo + k * h, v = f(x);
      if (v < best) best = v, at = x;
    }
    lo = std::max(floor, at - h);
    hi = at + h;
  }
  return best;
}

const double weights[] = {1.0, 0.0, 2.5};

/// All wrappers around a scalar penalty: weights, ridge, sign.
const std::vector<PenaltySettings> wrappers = {
    {0.7, 0.0, nullptr, false}, {0.7, 0.5, nullptr, false}, {0.7, 0.5, weights, false},
    {0.7, 0.0, weights, true},  {0.7, 0.5, nullptr, true},  {0.0, 0.0, nullptr, false},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(test_penalty)

BOOST_AUTO_TEST_CASE(prox_by_grid_search) {
  for_each_penalty([](auto p) {
    for (const PenaltySettings& settings : wrappers) {
      const Separable g(p, settings);
      for (Index j = 0; j < 3; ++j)
        for (double step : {0.2, 1.0, 3.0})
          for (double v = -4.0; v <= 4.0; v += 0.37) {
            auto objective = [&](double x) { return step * g.value(j, x) + 0.5 * (x - v) * (x - v); };
            const double x = g.prox(j, v, step);
            if (settings.nonnegative) BOOST_CHECK_GE(x, 0.0);
            const double best = grid_minimum(objective, settings.nonnegative ? 0.0 : -5.0, 5.0);
            BOOST_CHECK_MESSAGE(objective(x) <= best + 1e-10, "prox(" << v << ", step " << step << ", weight "
                                                                      << (settings.weights ? weights[j] : 1.0) << ") = "
                                                                      << x << " is worse by " << objective(x) - best);
          }
    }
  });
}

BOOST_AUTO_TEST_CASE(slope_and_curvature_by_differences) {
  for_each_penalty([](auto p) {
    const double h = 1e-5;
    for (const PenaltySettings& settings : wrappers) {
      const Separable g(p, settings);
      for (Index j = 0; j < 3; ++j)
        for (double w : {-2.31, -0.43, 0.17, 1.29, 3.33}) {
          if (settings.nonnegative && w < 0.0) continue;
          BOOST_CHECK_SMALL((g.value(j, w + h) - g.value(j, w - h)) / (2 * h) - g.slope(j, w), 1e-7);
          BOOST_CHECK_SMALL((g.slope(j, w + h) - g.slope(j, w - h)) / (2 * h) - g.curvature(j, w), 1e-6);
        }
    }
  });
}

BOOST_AUTO_TEST_CASE(violation_vanishes_exactly_at_prox) {
  // x = prox(v) is stationary for (x - v)^2 / 2 + g, whose smooth part has gradient x - v.
  for_each_penalty([](auto p) {
    for (const PenaltySettings& settings : wrappers) {
      const Separable g(p, settings);
      for (Index j = 0; j < 3; ++j)
        for (double v = -4.0; v <= 4.0; v += 0.31) {
          const double x = g.prox(j, v, 1.0);
          BOOST_CHECK_SMALL(g.violation(j, x, x - v), 1e-12);
          // Moving the gradient away from the subdifferential by more than its width at zero must show.
          const double away = 2.0 * g.zero_limit(j) + 1.0;
          if (x > 0.0 || !settings.nonnegative)
            BOOST_CHECK_GT(g.violation(j, x, x - v + (x < 0.0 ? away : -away)), 0.5);
          if (g.stays_zero(j, -v)) BOOST_CHECK_EQUAL(g.prox(j, v, 1.0), 0.0);
        }
    }
  });
}

BOOST_AUTO_TEST_CASE(prox_of_convex_penalties_is_firmly_nonexpansive) {
  for_each_penalty([](auto p) {
    if (!decltype(p)::convex) return;
    Rng rng(1);
    for (const PenaltySettings& settings : wrappers) {
      const Separable g(p, settings);
      for (int k = 0; k < 500; ++k) {
        const double a = 3.0 * rng.normal(), b = 3.0 * rng.normal(), step = 3.0 * rng.uniform();
        const double d = g.prox(0, a, step) - g.prox(0, b, step);
        BOOST_CHECK_LE(d * d, d * (a - b) + 1e-12);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(unknown_name_is_refused) {
  BOOST_CHECK_THROW(visit_penalty("l7", {}, [](auto) {}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
