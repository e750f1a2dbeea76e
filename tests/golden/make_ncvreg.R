# Golden results of R's ncvreg: Rscript make_ncvreg.R > ncvreg.json  (data: ncvreg_data.csv, written by make_ncvreg.py)
library(ncvreg)
data <- read.csv("ncvreg_data.csv")
X <- as.matrix(data[, grep("^x", names(data))])
number <- function(v) paste0("[", paste(formatC(v, digits = 15, format = "g", width = 1), collapse = ", "), "]")
cases <- list()
for (family in c("gaussian", "binomial", "poisson", "cox")) {
  y <- if (family == "cox") as.matrix(data[, c("time", "event")]) else data[[family]]
  for (penalty in c("MCP", "SCAD")) {
    options <- list(X, y, penalty = penalty, gamma = if (penalty == "MCP") 3 else 3.7,
                    nlambda = 30, lambda.min = 0.2, eps = 1e-11, max.iter = 1e7, returnX = FALSE)
    fit <- if (family == "cox") do.call(ncvsurv, options) else do.call(ncvreg, c(options, family = family))
    if (family == "cox") fit$beta <- rbind(0, fit$beta)
    keep <- c(5, 12, 20, 30)
    rows <- sapply(keep, function(k)
      sprintf('{"lambda": %s, "intercept": %s, "coef": %s}', formatC(fit$lambda[k], digits = 15, format = "g"),
              formatC(fit$beta[1, k], digits = 15, format = "g"), number(fit$beta[-1, k])))
    cases <- c(cases, sprintf('{"family": "%s", "penalty": "%s", "points": [%s]}', family, penalty,
                              paste(rows, collapse = ", ")))
  }
}
# Longer paths of more concave penalties: where the objective stops being convex on the support.
convex <- list()
for (family in c("gaussian", "binomial", "poisson", "cox")) {
  y <- if (family == "cox") as.matrix(data[, c("time", "event")]) else data[[family]]
  for (penalty in c("MCP", "SCAD")) {
    options <- list(X, y, penalty = penalty, gamma = if (penalty == "MCP") 1.6 else 2.6,
                    nlambda = 15, lambda.min = 0.1, eps = 1e-11, max.iter = 1e7, returnX = FALSE, warn = FALSE)
    fit <- if (family == "cox") do.call(ncvsurv, options) else do.call(ncvreg, c(options, family = family))
    first <- if (is.null(fit$convex.min)) "null" else as.character(fit$convex.min)
    convex <- c(convex, sprintf('{"family": "%s", "penalty": "%s", "lambda": %s, "convex_min": %s}', family, penalty,
                                number(fit$lambda), first))
  }
}
cat(sprintf('{"made by": "ncvreg %s, %s", "cases": [%s],\n"convex": [%s]}\n', packageVersion("ncvreg"), R.version.string,
            paste(cases, collapse = ",\n"), paste(convex, collapse = ",\n")))
