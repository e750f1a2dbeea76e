// A lasso in C++ alone: prints the coefficients and why the solver stopped.
#include <cstdio>
#include <pauca/bcd/solve.hpp>
#include <pauca/design/dense.hpp>
#include <pauca/loss/quadratic.hpp>

int main() {
  const pauca::Matrix x{{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  const pauca::Vector y{{1.1, 2.9, -3.1, -0.9}}, weights = pauca::Vector::Constant(4, 0.25);
  const pauca::DenseDesign<double> design(x.data(), 4, 3, 4);
  const pauca::QuadraticLoss loss(y, weights);
  pauca::Monitor monitor;
  const auto fit =
      pauca::bcd::solve({.design = design, .loss = loss, .strength = {.alpha = 0.5}, .fit_intercept = false}, "l1", {},
                        {}, {}, {}, monitor);
  std::printf("coef %f %f %f %s\n", fit.coef[0], fit.coef[1], fit.coef[2] + 0.0, to_string(fit.report.status));
}
