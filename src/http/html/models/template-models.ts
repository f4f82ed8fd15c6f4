/** The model of each page template. A changed model needs a new version of its template in `page-templates.ts`. */
import type { Field } from '../fields/inputs.ts';
import type {
  AccountExportModel,
  AddAddressModel,
  AddAuthenticatorModel,
  AddressesModel,
  AppsModel,
  AuthenticatorModel,
  AuthenticatorsModel,
  ChangeIdentifierModel,
  ConfirmAddressModel,
  ConnectedAppModel,
  ConnectedAppsModel,
  DeleteAccountModel,
  DevicesPageModel,
  EndAppAccessModel,
  EndSessionModel,
  ForgetDeviceModel,
  KeepAccountModel,
  OverviewModel,
  OwnProfileModel,
  RemoveAddressModel,
  SessionDetailsModel,
  SignInsModel,
} from './account-models.ts';
import type {
  AccountModel,
  AppLogoModel,
  ChallengeServiceModel,
  ContactModel,
  ContextModel,
  EndingModel,
  FooterModel,
  FormModel,
  LayoutModel,
  LeadModel,
  NavModel,
  NoticesModel,
  OptionModel,
  OptionsModel,
  PictureView,
  WorkModel,
} from './shared-models.ts';
import type {
  DeviceConfirmModel,
  DeviceInputModel,
  ErrorModel,
  InboxModel,
  LinkQuestionModel,
  LinkResultModel,
  LogoutModel,
  MagicLinkConfirmModel,
  MagicLinkElsewhereModel,
  MagicLinkOverModel,
  NextLinksModel,
  OAuthErrorModel,
  ReferenceModel,
  SignedOutModel,
  SignInLostModel,
} from './standalone-models.ts';
import type {
  AboutModel,
  CautionsModel,
  ChallengeModel,
  CompleteModel,
  ConsentModel,
  DeniedModel,
  EnrollModel,
  IdentifyModel,
  OtherTabModel,
  ProfileModel,
  PublicKeyChallengeModel,
  PublicKeyEnrollModel,
  PublicKeyModel,
  QrCodeModel,
  ReasonModel,
  RecoveryCodesModel,
  SelectAccountModel,
  SelectModel,
} from './step-models.ts';

export interface PageTemplateModels {
  readonly layout: LayoutModel;
  readonly 'partials/about': AboutModel;
  readonly 'partials/account': AccountModel;
  readonly 'partials/add-authenticator': AddAuthenticatorModel;
  readonly 'partials/app-logo': AppLogoModel;
  readonly 'partials/apps': AppsModel;
  readonly 'partials/cautions': CautionsModel;
  readonly 'partials/challenge-service': ChallengeServiceModel;
  readonly 'partials/contact': ContactModel;
  readonly 'partials/context': ContextModel;
  readonly 'partials/ending': EndingModel;
  readonly 'partials/field': Field;
  readonly 'partials/footer': FooterModel;
  readonly 'partials/form': FormModel;
  readonly 'partials/picture': PictureView;
  readonly 'partials/notices': NoticesModel;
  readonly 'partials/keep-account': KeepAccountModel;
  readonly 'partials/option': OptionModel;
  readonly 'partials/options': OptionsModel;
  readonly 'partials/other-tab': OtherTabModel;
  readonly 'partials/public-key': PublicKeyModel;
  readonly 'partials/qr-code': QrCodeModel;
  readonly 'partials/recovery-codes': RecoveryCodesModel;
  readonly 'partials/reason': ReasonModel;
  readonly 'partials/reference': ReferenceModel;
  readonly 'partials/nav': NavModel;
  readonly 'partials/next-links': NextLinksModel;
  readonly 'partials/work': WorkModel;
  readonly 'steps/identify': IdentifyModel;
  readonly 'steps/select': SelectModel;
  readonly 'steps/challenge': ChallengeModel;
  readonly 'steps/challenge-public-key': PublicKeyChallengeModel;
  readonly 'steps/enroll': EnrollModel;
  readonly 'steps/enroll-public-key': PublicKeyEnrollModel;
  readonly 'steps/profile': ProfileModel;
  readonly 'steps/consent': ConsentModel;
  readonly 'steps/keep-account': SelectAccountModel;
  readonly 'steps/select-account': SelectAccountModel;
  readonly 'steps/denied': DeniedModel;
  readonly 'steps/complete': CompleteModel;
  readonly 'pages/error': ErrorModel;
  readonly 'pages/oauth-error': OAuthErrorModel;
  readonly 'pages/device-input': DeviceInputModel;
  readonly 'pages/device-confirm': DeviceConfirmModel;
  readonly 'pages/device-success': LeadModel;
  readonly 'pages/logout': LogoutModel;
  readonly 'pages/signed-out': SignedOutModel;
  readonly 'pages/magic-link-confirm': MagicLinkConfirmModel;
  readonly 'pages/magic-link-elsewhere': MagicLinkElsewhereModel;
  readonly 'pages/magic-link-over': MagicLinkOverModel;
  readonly 'pages/sign-in-lost': SignInLostModel;
  readonly 'pages/link-question': LinkQuestionModel;
  readonly 'pages/link-result': LinkResultModel;
  readonly 'pages/inbox': InboxModel;
  readonly 'account/overview': OverviewModel;
  readonly 'account/methods': AuthenticatorsModel;
  readonly 'account/devices': DevicesPageModel;
  readonly 'account/activity': SignInsModel;
  readonly 'account/notifications': AddressesModel;
  readonly 'account/session-details': SessionDetailsModel;
  readonly 'account/app-details': ConnectedAppModel;
  readonly 'account/apps': ConnectedAppsModel;
  readonly 'account/authenticator': AuthenticatorModel;
  readonly 'account/end-app-access': EndAppAccessModel;
  readonly 'account/data': AccountExportModel;
  readonly 'account/delete': DeleteAccountModel;
  readonly 'account/keep': KeepAccountModel;
  readonly 'account/profile': OwnProfileModel;
  readonly 'account/change-identifier': ChangeIdentifierModel;
  readonly 'account/end-session': EndSessionModel;
  readonly 'account/forget-device': ForgetDeviceModel;
  readonly 'account/add-address': AddAddressModel;
  readonly 'account/confirm-address': ConfirmAddressModel;
  readonly 'account/remove-address': RemoveAddressModel;
}
