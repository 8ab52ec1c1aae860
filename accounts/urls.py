"""Routes of accounts: the versioned API, the calls for credentials (without a version), and the pages."""

from django.urls import path

from accounts import (
    account_views,
    code_pages,
    identity_pages,
    pages,
    password_pages,
    registration,
    session_pages,
    session_views,
    subscription_pages,
    views,
)

urlpatterns = [
    path("accounts/", account_views.AccountListView.as_view(), name="accounts"),
    path("accounts/<id:user_id>/", account_views.AccountView.as_view(), name="account"),
]

rest_auth_urlpatterns = [
    path("registration/", registration.RegistrationView.as_view(), name="registration"),
    path("registration/verify-email/", registration.VerifyEmailView.as_view(), name="verify_email"),
    path("registration/resend-email/", registration.ResendEmailView.as_view(), name="resend_email"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("email/", registration.EmailChangeView.as_view(), name="email_change"),
    path("sessions/", session_views.SignInsView.as_view(), name="sign_ins"),
    path("sessions/<str:sign_in_id>/", session_views.SignInView.as_view(), name="sign_in"),
    path("user/", views.OwnAccountView.as_view(), name="own_account"),
    path("password/change/", views.PasswordChangeView.as_view(), name="password_change"),
    path("password/reset/", views.PasswordResetView.as_view(), name="password_reset"),
    path("password/reset/confirm/", views.PasswordResetConfirmView.as_view(), name="rest_password_reset_confirm"),
]

token_urlpatterns = [
    path("api-token-auth/", views.TokenObtainView.as_view(), name="token_obtain"),
    path("api-token-refresh/", views.TokenRefreshView.as_view(), name="token_refresh"),
    path("api-token-verify/", views.TokenVerifyView.as_view(), name="token_verify"),
]

page_urlpatterns = [
    path("accounts/login/", pages.LoginPage.as_view(), name="login"),
    path("accounts/logout/", pages.LogoutPage.as_view(), name="logout"),
    path("accounts/signup/", pages.SignupPage.as_view(), name="signup"),
    path("accounts/me/", pages.account, name="account"),
    path("accounts/notices/", subscription_pages.notices, name="notices"),
    path("accounts/sessions/", session_pages.sign_ins, name="sessions"),
    path("accounts/email/", pages.EmailPage.as_view(), name="email_resend"),
    path("accounts/password/", password_pages.PasswordChangePage.as_view(), name="password_change"),
    path("accounts/password/set/", password_pages.PasswordSetPage.as_view(), name="password_set"),
    path("accounts/password/forgotten/", password_pages.PasswordForgottenPage.as_view(), name="password_forgotten"),
    path("accounts/password/code/", code_pages.password_code, name="password_code"),
    path("accounts/reauthenticate/", pages.ReauthenticatePage.as_view(), name="reauthenticate"),
    path("accounts/oidc/", identity_pages.sign_in, name="oidc"),
    path("accounts/oidc/callback/", identity_pages.callback, name="oidc_callback"),
    path("accounts/oidc/confirm/", identity_pages.confirm, name="oidc_confirm"),
    path("accounts/oidc/link/", identity_pages.link, name="oidc_link"),
    path("accounts/oidc/unlink/", identity_pages.unlink, name="oidc_unlink"),
]

mailed_urlpatterns = [
    path("accounts/notices/off/<str:token>/", subscription_pages.unsubscribe, name="unsubscribe"),
    path("accounts/confirm-email/<str:key>/", pages.ConfirmEmailPage.as_view(), name="confirm_email"),
    path(
        "accounts/password/reset/<str:uidb36>/<str:key>/",
        password_pages.PasswordResetPage.as_view(),
        name="password_reset_confirm",
    ),
]

# allauth looks up its own names. They lead to the pages above.
ALLAUTH_NAMES = {
    "login": "account_login",
    "logout": "account_logout",
    "signup": "account_signup",
    "email_resend": "account_email",
    "password_change": "account_change_password",
    "password_set": "account_set_password",
    "password_forgotten": "account_reset_password",
    "reauthenticate": "account_reauthenticate",
    "confirm_email": "account_confirm_email",
    "password_reset_confirm": "account_reset_password_from_key",
}
allauth_urlpatterns = [
    path(str(page.pattern), page.callback, name=ALLAUTH_NAMES[str(page.name)])
    for page in page_urlpatterns + mailed_urlpatterns
    if page.name in ALLAUTH_NAMES
]
